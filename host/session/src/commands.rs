//! Commands to the board of a running recording: one at a time, each with its answer.
//!
//! The reader thread owns the link, so it sends. It also listens: an ACK answers the command that is on its way, and a START that
//! shows another configuration than was set (the board started again) makes it set that again.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use crossbeam::channel::{Receiver, Sender, bounded};
use ichiscope_link::{LinkError, Transport};
use ichiscope_timeline::command_note;
use ichiscope_wire::{
    Command, DELIMITER, Decoder, Event, Payload, Record, Register, Request, StartCollector, Status,
};

/// An ACK has its own place in the order of records (docs/wire.md); this is many times what a full FIFO takes at 3 Mbaud.
const ANSWER_WAIT: Duration = Duration::from_millis(300);
/// How often a command is sent until it counts as not heard.
const TRIES: u32 = 4;
/// Commands that wait for the one on its way.
const QUEUE: usize = 16;

/// Why a command did not take effect.
#[derive(Debug, thiserror::Error)]
pub enum CommandError {
    /// Nothing came back.
    #[error(
        "the board does not answer commands ({0}). Remedy: write the gateware of this version into it: ichiscope flash --board NAME"
    )]
    NoAnswer(&'static str),
    /// The board says no.
    #[error("the board refused {register} = {value}: {}. Remedy: {}", status.name(), remedy(*status))]
    Refused {
        /// The register.
        register: &'static str,
        /// Its value.
        value: u64,
        /// Why.
        status: Status,
    },
    /// The link takes nothing.
    #[error(transparent)]
    Link(#[from] LinkError),
    /// The board is not there just now.
    #[error("the board is away. Remedy: connect it, then try again")]
    Away,
    /// The recording has ended.
    #[error("the recording has ended")]
    Over,
}

const fn remedy(status: Status) -> &'static str {
    match status {
        Status::Unknown => "this board does not have that; leave the option out",
        Status::Range => "choose a value that fits the board (docs/wire.md)",
        Status::Busy => "wait until the self-test pulse is over",
        Status::Done | Status::Damaged | Status::Reserved(_) => "try again",
    }
}

/// The board's answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The number of the command, by which `Timeline::acks` has its tick.
    pub seq: u8,
    /// The register.
    pub register: Register,
}

type Reply = Result<Answer, CommandError>;

/// A command on its way to the reader.
pub(crate) struct Order {
    what: What,
    reply: Sender<Reply>,
}

/// What is to be done.
enum What {
    /// The board is asked.
    Command(Request),
    /// The chip is: whether it tells the board by RTS when it has room.
    ChipFlow(bool),
}

/// Sends commands to the board of a recording. Clones go to the same board.
#[derive(Clone)]
pub struct Control(Sender<Order>);

impl Control {
    /// A control, and where its orders come out.
    pub(crate) fn new() -> (Control, Receiver<Order>) {
        let (orders, inbox) = bounded(QUEUE);
        (Control(orders), inbox)
    }

    /// Sends a command and waits until the board has answered, or has not: a second or two at most.
    ///
    /// What was set stays set for the whole recording: a board that starts again gets it again.
    ///
    /// # Errors
    /// The board does not answer, refuses, or is not there.
    pub fn command(&self, request: Request) -> Reply {
        self.order(What::Command(request))
    }

    /// Lets the chip tell the board by RTS when it has room, for a board that honours that by itself (CTS wired, no commands). FLOW does
    /// it for the others.
    ///
    /// # Errors
    /// As [`Control::command`].
    pub fn chip_flow(&self, on: bool) -> Result<(), CommandError> {
        self.order(What::ChipFlow(on)).map(drop)
    }

    fn order(&self, what: What) -> Reply {
        let (reply, answer) = bounded(1);
        self.0.send(Order { what, reply }).map_err(|_| CommandError::Over)?;
        answer.recv().map_err(|_| CommandError::Over)?
    }
}

/// A command that is on its way.
struct Pending {
    request: Request,
    seq: u8,
    sent: Instant,
    tries: u32,
    /// None for what is set again.
    reply: Option<Sender<Reply>>,
}

/// What the recording is to know of commands.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Told {
    /// For the file: what was commanded, and how it ended.
    Note(String),
    /// For the operator as well.
    Notice(String),
}

/// Sends and listens, on the reader's thread.
pub(crate) struct Desk {
    orders: Receiver<Order>,
    pending: Option<Pending>,
    decoder: Decoder,
    start: StartCollector,
    seq: u8,
    /// What was set, at most one for each register.
    set: Vec<Request>,
    /// What is to be set again.
    again: VecDeque<Request>,
    /// Flow control of the chip, if it was set; a chip that is opened again has none.
    flow: Option<bool>,
    is_new_link: bool,
    told: Vec<Told>,
}

impl Desk {
    pub(crate) fn new(orders: Receiver<Order>) -> Desk {
        Desk {
            orders,
            pending: None,
            decoder: Decoder::new(),
            start: StartCollector::default(),
            seq: 0,
            set: Vec::new(),
            again: VecDeque::new(),
            flow: None,
            is_new_link: false,
            told: Vec::new(),
        }
    }

    /// Sends what is due.
    pub(crate) fn send(&mut self, link: &mut dyn Transport, now: Instant) {
        if std::mem::take(&mut self.is_new_link)
            && let Some(on) = self.flow
            && let Err(error) = link.set_flow_control(on)
        {
            self.told.push(Told::Notice(format!("flow control could not be set again: {error}")));
        }
        if let Some(pending) = self.pending.take_if(|pending| now >= pending.sent + ANSWER_WAIT) {
            if pending.tries >= TRIES {
                let error = CommandError::NoAnswer(pending.request.register().name());
                self.conclude(pending, Err(error));
            } else {
                self.dispatch(link, Pending { tries: pending.tries + 1, sent: now, ..pending });
            }
        }
        if self.pending.is_some() {
            return;
        }
        let (request, reply) = match self.orders.try_recv() {
            Ok(Order { what: What::Command(request), reply }) => (request, Some(reply)),
            Ok(Order { what: What::ChipFlow(on), reply }) => return self.chip_flow(link, on, &reply),
            Err(_) => match self.again.pop_front() {
                Some(request) => (request, None),
                None => return,
            },
        };
        // 0 is what the answer to a damaged command says.
        self.seq = self.seq.checked_add(1).unwrap_or(1);
        if reply.is_some() && self.set.is_empty() {
            // Nothing was listened to so far.
            (self.decoder, self.start) = (Decoder::new(), StartCollector::default());
        }
        self.dispatch(link, Pending { request, seq: self.seq, sent: now, tries: 1, reply });
    }

    fn chip_flow(&mut self, link: &mut dyn Transport, on: bool, reply: &Sender<Reply>) {
        let done = link.set_flow_control(on);
        self.flow = done.is_ok().then_some(on).or(self.flow);
        let ended = done.as_ref().map_or_else(ToString::to_string, |()| "done".to_owned());
        self.told.push(Told::Note(format!("flow control of the chip = {}: {ended}", u8::from(on))));
        // Whoever asked may have gone.
        let _ = reply
            .send(done.map(|()| Answer { seq: 0, register: Register::Flow }).map_err(CommandError::from));
    }

    fn dispatch(&mut self, link: &mut dyn Transport, pending: Pending) {
        match send(link, pending.request, pending.seq) {
            Ok(()) => self.pending = Some(pending),
            Err(error) => self.conclude(pending, Err(error.into())),
        }
    }

    /// Takes what the board sent.
    pub(crate) fn hear(&mut self, bytes: &[u8]) {
        if self.pending.is_none() && self.set.is_empty() {
            return;
        }
        let mut decoder = std::mem::take(&mut self.decoder);
        decoder.push(bytes, |event| {
            if let Event::Frame(frame) = event {
                self.record(frame.record);
            }
        });
        self.decoder = decoder;
    }

    fn record(&mut self, record: Record) {
        match record.payload() {
            Payload::Ack(ack) => self.acknowledged(ack.seq, ack.register, ack.status),
            Payload::Start(page) => {
                let Some(block) = self.start.push(page) else { return };
                let is_lost =
                    |request: &&Request| request.applied_to(block.configuration) != block.configuration;
                if self.pending.is_none() && self.again.is_empty() {
                    self.again = self.set.iter().filter(is_lost).copied().collect();
                }
            }
            _ => {}
        }
    }

    fn acknowledged(&mut self, seq: u8, register: u8, status: Status) {
        if status == Status::Damaged {
            // Perhaps what was sent last; it is sent again without waiting.
            if let Some(pending) = &mut self.pending {
                pending.sent = pending.sent.checked_sub(ANSWER_WAIT).unwrap_or(pending.sent);
            }
            return;
        }
        let is_it = |p: &mut Pending| p.seq == seq && p.request.register() as u8 == register;
        let Some(pending) = self.pending.take_if(is_it) else { return };
        let result = match status {
            Status::Done => Ok(Answer { seq, register: pending.request.register() }),
            status => Err(CommandError::Refused {
                register: pending.request.register().name(),
                value: pending.request.value(),
                status,
            }),
        };
        self.conclude(pending, result);
    }

    fn conclude(&mut self, pending: Pending, result: Reply) {
        let Pending { request, reply, .. } = pending;
        let (name, value) = (request.register().name(), request.value());
        let refusal = result.as_ref().err().map(ToString::to_string);
        self.told.push(Told::Note(command_note(request.register(), value, refusal.as_deref())));
        if let (Request::Flow { honours_cts }, Ok(_)) = (request, &result) {
            self.flow = Some(honours_cts);
        }
        if result.is_ok() && stays(request) {
            self.set.retain(|other| other.register() != request.register());
            self.set.push(request);
        }
        match reply {
            // Whoever asked may have gone.
            Some(reply) => drop(reply.send(result)),
            None => {
                if let Some(refusal) = refusal {
                    let text = format!(
                        "the board started again, and {name} = {value} could not be set again: {refusal}"
                    );
                    self.told.push(Told::Notice(text));
                }
            }
        }
    }

    /// The link is gone: what is on its way will not be answered.
    pub(crate) fn link_lost(&mut self) {
        if let Some(pending) = self.pending.take() {
            self.conclude(pending, Err(CommandError::Away));
        }
        (self.decoder, self.start) = (Decoder::new(), StartCollector::default());
        self.again.clear();
        self.is_new_link = true;
    }

    /// There is no link: every order is refused.
    pub(crate) fn refuse(&mut self) {
        for order in self.orders.try_iter() {
            // Whoever asked may have gone.
            let _ = order.reply.send(Err(CommandError::Away));
        }
    }

    /// What the recording is to know since this was asked last.
    pub(crate) fn told(&mut self) -> Vec<Told> {
        std::mem::take(&mut self.told)
    }
}

/// Whether it is a part of the board's configuration.
const fn stays(request: Request) -> bool {
    !matches!(request, Request::Identify | Request::SelfTest { .. } | Request::LinkTest { .. })
}

/// The delimiter before it ends whatever the board may have half received.
fn send(link: &mut dyn Transport, request: Request, seq: u8) -> Result<(), LinkError> {
    if let Request::Flow { honours_cts } = request {
        link.set_flow_control(honours_cts)?;
    }
    let mut bytes = vec![DELIMITER];
    bytes.extend(Command::new(seq, request).encode());
    link.send(&bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use ichiscope_link::{LinkEvent, LinkInfo, Received};
    use ichiscope_wire::{Ack, encode_frame};

    /// A link that keeps the commands, and the last word on flow control.
    #[derive(Default)]
    struct Sent(Vec<Command>, Option<bool>);

    impl Transport for Sent {
        fn poll(
            &mut self,
            _: &mut Vec<u8>,
            _: &mut Vec<LinkEvent>,
            _: Duration,
        ) -> Result<Received, LinkError> {
            Ok(Received::Idle)
        }

        fn send(&mut self, bytes: &[u8]) -> Result<(), LinkError> {
            let (first, rest) = bytes.split_first().unwrap();
            assert_eq!((*first, rest[12]), (0, 0));
            self.0.push(Command::decode(rest[..12].try_into().unwrap()).unwrap());
            Ok(())
        }

        fn set_flow_control(&mut self, on: bool) -> Result<(), LinkError> {
            self.1 = Some(on);
            Ok(())
        }

        fn info(&self) -> LinkInfo {
            LinkInfo { serial: "B1".into(), description: String::new(), baud: 0, simulated: true }
        }
    }

    fn ack(seq: u8, register: Register, status: Status) -> [u8; 19] {
        let ack = Ack { seq, register: register as u8, status, age: 0 };
        encode_frame(0, &Record::new(5, 0, Payload::Ack(ack)))
    }

    struct Bench {
        desk: Desk,
        control: Control,
        link: Sent,
        now: Instant,
    }

    impl Bench {
        fn new() -> Bench {
            let (control, orders) = Control::new();
            Bench { desk: Desk::new(orders), control, link: Sent::default(), now: Instant::now() }
        }

        fn order(&self, request: Request) -> Receiver<Reply> {
            let (reply, answer) = bounded(1);
            self.control.0.send(Order { what: What::Command(request), reply }).unwrap();
            answer
        }

        fn send(&mut self) -> usize {
            self.desk.send(&mut self.link, self.now);
            self.link.0.len()
        }
    }

    #[test]
    fn one_command_at_a_time_each_with_its_answer() {
        let mut bench = Bench::new();
        let first = bench.order(Request::Deglitch { ticks: 36 });
        let second = bench.order(Request::Sampling { clocks: 9 });
        assert_eq!((bench.send(), bench.send()), (1, 1), "the second waits");
        // Somebody else's answer is none.
        bench.desk.hear(&ack(77, Register::Deglitch, Status::Done));
        bench.desk.hear(&ack(1, Register::Console, Status::Done));
        assert!(first.try_recv().is_err());
        bench.desk.hear(&ack(1, Register::Deglitch, Status::Done));
        assert_eq!(first.try_recv().unwrap().unwrap(), Answer { seq: 1, register: Register::Deglitch });
        assert_eq!(bench.send(), 2);
        assert_eq!(bench.link.0[1], Command { seq: 2, register: 6, value: 9 });
        bench.desk.hear(&ack(2, Register::Sampling, Status::Range));
        let error = second.try_recv().unwrap().unwrap_err().to_string();
        assert!(error.contains("sampling = 9: out of range") && error.contains("Remedy"), "{error}");
        let notes = [Told::Note("deglitch = 36: done".into()), Told::Note(format!("sampling = 9: {error}"))];
        assert_eq!(bench.desk.told(), notes);
    }

    #[test]
    fn a_command_that_is_not_heard_is_sent_again_and_then_given_up() {
        let mut bench = Bench::new();
        let answer = bench.order(Request::Identify);
        assert_eq!(bench.send(), 1);
        // Damaged: at once. Silence: later.
        bench.desk.hear(&encode_frame(
            0,
            &Record::new(1, 0, Payload::Ack(Ack { seq: 0, register: 0, status: Status::Damaged, age: 0 })),
        ));
        assert_eq!(bench.send(), 2);
        assert_eq!(bench.send(), 2);
        for sent in 3..=TRIES as usize {
            bench.now += ANSWER_WAIT;
            assert_eq!(bench.send(), sent);
        }
        assert!(bench.link.0.iter().all(|command| command.seq == 1), "one command, whatever the tries");
        bench.now += ANSWER_WAIT;
        assert_eq!(bench.send(), TRIES as usize);
        assert!(matches!(answer.try_recv(), Ok(Err(CommandError::NoAnswer("identify")))));
    }

    #[test]
    fn a_board_that_started_again_gets_its_settings_again() {
        let mut bench = Bench::new();
        bench.order(Request::Envelope { log2: 10 });
        bench.order(Request::Envelope { log2: 8 });
        bench.order(Request::LinkTest { records: 5 });
        for (seq, register) in [(1, Register::Envelope), (2, Register::Envelope), (3, Register::LinkTest)] {
            assert_eq!(bench.send(), usize::from(seq));
            bench.desk.hear(&ack(seq, register, Status::Done));
        }
        let start = |log2: u32| {
            let pages =
                [2 | 12 << 16, 36_000_000, 7, 3_000_000, 0, 9, 256 | 21 << 16, 3, 0, 36 | log2 << 16, 0, 0];
            let frame = |(page, value)| {
                let start = ichiscope_wire::Start { page, value };
                encode_frame(page, &Record::new(u64::from(page), 0, Payload::Start(start)))
            };
            (0..).zip(pages).flat_map(frame).collect::<Vec<u8>>()
        };
        bench.desk.hear(&start(8));
        assert_eq!(bench.send(), 3, "it is as it was set");
        bench.desk.hear(&start(12));
        assert_eq!(bench.send(), 4);
        assert_eq!(bench.link.0[3], Command { seq: 4, register: 3, value: 8 });
        bench.desk.hear(&ack(4, Register::Envelope, Status::Done));
        assert_eq!(bench.send(), 4);
    }

    /// With FLOW the chip is told first: or the board would wait for a chip that never says that it has room.
    #[test]
    fn flow_control_is_the_chips_and_the_boards() {
        let mut bench = Bench::new();
        bench.order(Request::Flow { honours_cts: true });
        assert_eq!((bench.send(), bench.link.1), (1, Some(true)));
        bench.desk.hear(&ack(1, Register::Flow, Status::Done));
        // A board without commands: the chip alone.
        let (reply, answer) = bounded(1);
        bench.control.0.send(Order { what: What::ChipFlow(false), reply }).unwrap();
        assert_eq!((bench.send(), bench.link.1), (1, Some(false)));
        assert!(answer.try_recv().unwrap().is_ok());
        let told =
            [Told::Note("flow = 1: done".into()), Told::Note("flow control of the chip = 0: done".into())];
        assert_eq!(bench.desk.told(), told);
        // A chip that was away and is opened again.
        bench.desk.flow = Some(true);
        bench.desk.link_lost();
        bench.link = Sent::default();
        assert_eq!((bench.send(), bench.link.1), (0, Some(true)));
    }

    #[test]
    fn a_link_that_is_lost_answers_everybody() {
        let mut bench = Bench::new();
        let (first, second) = (bench.order(Request::Identify), bench.order(Request::Identify));
        bench.send();
        bench.desk.link_lost();
        bench.desk.refuse();
        for answer in [first, second] {
            assert!(matches!(answer.try_recv(), Ok(Err(CommandError::Away))));
        }
        drop(bench.desk);
        assert!(matches!(bench.control.command(Request::Identify), Err(CommandError::Over)));
    }
}
