//! The self-test against a board made for it, which can have every fault that a bench can have.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use ichiscope_capture::{DeviceFacts, Facts};
use ichiscope_link::{LinkError, LinkEvent, LinkInfo, Received, Transport};
use ichiscope_session::{Session, Source};
use ichiscope_wire::{
    Ack, Board, COMMAND_LEN, Command, Configuration, Counter, CounterId, Edge, Envelope, Feature, Features,
    Heartbeat, Identity, LINK_TEST_FIRST, Line, LineSet, Payload, Record as WireRecord, Request, SamplePoint,
    StartBlock, Status, encode_frame, link_test_next,
};

use super::check::Found;
use super::{Record, Terms, examine};

const HZ: u64 = 36_000_000;
const BEAT_LOG2: u8 = 21;
const TERMS: Terms = Terms { full: false, tolerance_ns: None, uv_per_code: 4814.0 };

/// What is wrong with the bench.
#[derive(Clone, Copy, Default)]
struct Faults {
    no_jumper: bool,
    /// Pulses come back longer by so many ticks.
    longer: u64,
    /// One record of the link test is wrong.
    bad_record: bool,
    /// A line moves by itself.
    noise: bool,
    /// The ADC reads so many times too much.
    adc_wrong: Option<u16>,
    adc_unplugged: bool,
    /// Ticks that the pulse each second is off.
    pps_off: Option<u64>,
}

/// A board in real time: what it will send, by tick.
struct Fake {
    faults: Faults,
    begun: Instant,
    due: BTreeMap<u64, Payload>,
    levels: LineSet,
    set: Configuration,
    beats: u64,
    windows: u64,
    pulses: u64,
    pulse_until: u64,
    seq: u8,
    records: u32,
    inbox: Vec<u8>,
}

fn identity() -> Identity {
    let features = [Feature::Adc, Feature::Commands, Feature::SelfTest, Feature::LinkTest];
    Identity {
        protocol: 2,
        board_code: Board::Twin as u8,
        tick_hz: HZ,
        bitstream_id: 0x1234_5678,
        baud: 3_000_000,
        wired: LineSet::from_bits(0x0FFF),
        fifo_depth: 256,
        heartbeat_log2: BEAT_LOG2,
        deglitch_bits: 10,
        features: features.into_iter().fold(Features::NONE, |set, f| set.with(f, true)),
    }
}

impl Fake {
    fn new(faults: Faults) -> Fake {
        let set = Configuration {
            deglitch_ticks: 9,
            ticks_per_sample: 36,
            envelope_log2: 12,
            ..Configuration::default()
        };
        let levels = Line::RAILS.into_iter().fold(LineSet::EMPTY, |set, rail| set.with(rail, true));
        let mut fake = Fake {
            faults,
            begun: Instant::now(),
            due: BTreeMap::new(),
            levels,
            set,
            beats: 0,
            windows: 0,
            pulses: 0,
            pulse_until: 0,
            seq: 0,
            records: 0,
            inbox: Vec::new(),
        };
        fake.start(10, true);
        fake
    }

    fn now(&self) -> u64 {
        (self.begun.elapsed().as_nanos() * u128::from(HZ) / 1_000_000_000) as u64
    }

    /// At this tick, or at the next one that is free.
    fn put(&mut self, mut tick: u64, payload: Payload) {
        while self.due.contains_key(&tick) {
            tick += 1;
        }
        self.due.insert(tick, payload);
    }

    fn start(&mut self, tick: u64, is_first: bool) {
        let block =
            StartBlock { is_first, identity: identity(), configuration: self.set, levels: self.levels };
        block.pages().for_each(|page| self.put(tick, Payload::Start(page)));
    }

    fn edge(&mut self, tick: u64, line: Line, level: bool) {
        self.levels = self.levels.with(line, level);
        let edge = Edge { levels: self.levels, changed: LineSet::EMPTY.with(line, true), age: 0 };
        self.put(tick, Payload::Edge(edge));
    }

    /// What comes by itself until `now`.
    fn advance(&mut self, now: u64) {
        while (self.beats + 1) << BEAT_LOG2 <= now {
            self.beats += 1;
            let tick = self.beats << BEAT_LOG2;
            self.put(tick, Payload::Heartbeat(Heartbeat { tick, levels: self.levels, flags: 1 }));
            for id in [CounterId::Lost, CounterId::Glitches, CounterId::Records, CounterId::Sample] {
                self.put(tick + 1, Payload::Counter(Counter { id: id as u8, value: 0 }));
            }
            if self.faults.noise {
                self.edge(tick + 100, Line::AcLo, self.beats.is_multiple_of(2));
            }
        }
        while let Some(off) = self.faults.pps_off
            && (self.pulses + 1) * (HZ + off) + 1_000 <= now
        {
            self.pulses += 1;
            let tick = self.pulses * (HZ + off);
            self.edge(tick, Line::Pps, true);
            self.edge(tick + 100, Line::Pps, false);
        }
        let window = 36 << self.set.envelope_log2;
        while (self.windows + 1) * window + 5 <= now {
            self.windows += 1;
            let mean = self.code();
            self.put(
                self.windows * window + 5,
                Payload::Envelope(Envelope { least: mean, greatest: mean + 3, mean }),
            );
        }
    }

    /// 12 V; sampled too early or too late the bits are shifted.
    fn code(&self) -> u16 {
        match (self.faults, self.set.sampling_point) {
            (Faults { adc_unplugged: true, .. }, _) => 0,
            (Faults { adc_wrong: Some(code), .. }, _) => code,
            (_, 0..=1) => 2493 / 2,
            (_, 2..=4) => 2493,
            _ => 2493 * 2 % 4096,
        }
    }

    fn obey(&mut self, command: Command) {
        let now = self.now() + 100;
        let request = Request::parse(command.register, command.value);
        let status = match request {
            Ok(Request::SelfTest { low_ticks: 1.. }) if now < self.pulse_until => Status::Busy,
            Ok(request) => request.status(&identity(), &self.set),
            Err(status) => status,
        };
        let ack = Ack { seq: command.seq, register: command.register, status, age: 0 };
        self.put(now, Payload::Ack(ack));
        let (Ok(request), Status::Done) = (request, status) else { return };
        self.set = request.applied_to(self.set);
        match request {
            Request::SelfTest { low_ticks } => {
                self.pulse_until = now + low_ticks;
                if !self.faults.no_jumper {
                    self.edge(now + 1, Line::Rail0, false);
                    self.edge(now + 1 + low_ticks + self.faults.longer, Line::Rail0, true);
                }
            }
            Request::LinkTest { records } => {
                let mut state = LINK_TEST_FIRST;
                for n in 0..u64::from(records) {
                    let is_bad = self.faults.bad_record && n == 1000;
                    self.put(now + 1 + n * 2280, Payload::LinkTest(if is_bad { state ^ 4 } else { state }));
                    state = link_test_next(state);
                }
            }
            Request::Envelope { .. } => self.windows = now / (36 << self.set.envelope_log2) + 1,
            _ => {}
        }
        if request.register().is_followed_by_start() {
            self.start(now + 10, false);
        }
    }

    fn encode(&mut self, tick: u64, payload: Payload) -> [u8; 19] {
        let payload = match payload {
            Payload::Counter(Counter { id, .. }) if id == CounterId::Records as u8 => {
                Payload::Counter(Counter { id, value: self.records })
            }
            Payload::Counter(Counter { id, .. }) if id == CounterId::Sample as u8 => {
                let point =
                    SamplePoint { index: (tick / 36) as u32 % (1 << 26), ticks_since: (tick % 36) as u8 };
                Payload::Counter(Counter { id, value: point.value() })
            }
            Payload::Heartbeat(h) => Payload::Heartbeat(Heartbeat { tick, ..h }),
            payload => payload,
        };
        let frame = encode_frame(self.seq, &WireRecord::new(tick, 0, payload));
        self.seq = self.seq.wrapping_add(1);
        self.records = self.records.wrapping_add(1);
        frame
    }
}

impl Transport for Fake {
    fn poll(
        &mut self,
        bytes: &mut Vec<u8>,
        _: &mut Vec<LinkEvent>,
        wait: Duration,
    ) -> Result<Received, LinkError> {
        std::thread::sleep(wait.min(Duration::from_millis(2)));
        let now = self.now();
        self.advance(now);
        let before = bytes.len();
        while let Some(entry) = self.due.first_entry().filter(|entry| *entry.key() <= now) {
            let (tick, payload) = entry.remove_entry();
            bytes.extend(self.encode(tick, payload));
        }
        Ok(if bytes.len() > before { Received::Bytes(bytes.len() - before) } else { Received::Idle })
    }

    fn send(&mut self, bytes: &[u8]) -> Result<(), LinkError> {
        for byte in bytes {
            if *byte != 0 {
                self.inbox.push(*byte);
            } else if !self.inbox.is_empty() {
                let stuffed: [u8; COMMAND_LEN - 1] = std::mem::take(&mut self.inbox).try_into().unwrap();
                self.obey(Command::decode(&stuffed).unwrap());
            }
        }
        Ok(())
    }

    fn set_flow_control(&mut self, _: bool) -> Result<(), LinkError> {
        Ok(())
    }

    fn info(&self) -> LinkInfo {
        LinkInfo {
            serial: "FAKE1".into(),
            description: "made for this test".into(),
            baud: 3_000_000,
            simulated: true,
        }
    }
}

fn tested(faults: Faults) -> Record {
    let folder = tempfile::tempdir().unwrap();
    let planned = Fake::new(faults).info();
    let open = Arc::new(move || Ok(Box::new(Fake::new(faults)) as Box<dyn Transport>));
    let facts = Facts::new("test", 0, DeviceFacts::default());
    let path = folder.path().join("a.mcap");
    let session = Session::record(Source::Other { planned, open }, &path, facts).unwrap();
    let record = examine(&session, TERMS, |_| ()).unwrap();
    session.stop();
    session.wait().unwrap();
    record
}

/// Names of the checks that failed.
fn failed(record: &Record) -> Vec<&str> {
    record.checks.iter().filter(|check| check.found == Found::Fail).map(|check| check.name.as_str()).collect()
}

#[test]
fn a_good_bench_passes_and_its_record_is_kept() {
    let record = tested(Faults { pps_off: Some(36), ..Faults::default() });
    assert!(record.passed && failed(&record).is_empty(), "{:#?}", record.checks);
    assert_eq!((record.sampling_point, record.device.as_str(), record.simulated), (Some(3), "FAKE1", true));
    let said = |name: &str| record.checks.iter().find(|check| check.name == name).unwrap().measured.clone();
    assert!(said("pulse of 1000000 us").starts_with("36000000 ticks, 1 ticks after the command"));
    assert!(said("pulse per second").contains("+1.00 ppm"), "{}", said("pulse per second"));
    assert!(said("ADC and comparators").starts_with("12.00"), "{}", said("ADC and comparators"));
    assert!(said("link").contains("31578 of 31578 records, 0 wrong"), "{}", said("link"));

    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("selftest.json");
    std::fs::write(&path, serde_json::to_string(&record).unwrap()).unwrap();
    assert_eq!(Record::read(&path).unwrap(), record);
    let mut facts = Facts::new("test", 0, DeviceFacts::default());
    record.store(&mut facts);
    assert_eq!(
        (facts.extra["selftest_result"].as_str(), facts.extra["selftest_device"].as_str()),
        ("passed", "FAKE1")
    );
    std::fs::write(&path, "{}").unwrap();
    assert!(Record::read(&path).unwrap_err().to_string().contains("no record of a self-test"));
}

/// Each fault is found, under its own name, and nothing else is blamed for it.
#[test]
fn every_fault_of_a_bench_is_found() {
    let none = Faults::default();
    let cases = [
        (Faults { bad_record: true, ..none }, "link"),
        (Faults { noise: true, ..none }, "noise"),
        (Faults { no_jumper: true, ..none }, "pulse of 1 us"),
        (Faults { longer: 5, ..none }, "pulse of 1 us"),
        // 6 V while rail0 says that the supply is good, whatever the sampling point.
        (Faults { adc_wrong: Some(1246), ..none }, "ADC sampling point"),
        (Faults { pps_off: Some(36_000), ..none }, "pulse per second"),
    ];
    std::thread::scope(|threads| {
        for (faults, name) in cases {
            threads.spawn(move || {
                let record = tested(faults);
                let failed = failed(&record);
                assert!(!record.passed && failed[0] == name, "{name}: {failed:?}");
                let kind = name.split(' ').next().unwrap();
                assert!(failed.iter().all(|other| other.starts_with(kind)), "{name}: {failed:?}");
            });
        }
        threads.spawn(|| {
            let record = tested(Faults { adc_unplugged: true, ..none });
            assert!(record.passed, "{:?}", failed(&record));
            assert!(record.checks.iter().any(|c| c.name == "ADC" && c.found == Found::Absent));
        });
    });
}
