//! All files that lie beside a capture, and their way into the analysis.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use ichiscope_capture::Facts;
use ichiscope_replay::{Edits, Recording, Unreadable, UtcMap};
use ichiscope_timeline::{Note, SideLossKind, Timeline};
use ichiscope_verdict::{Analysis, Memo, Settings, Told, analyse_again, phases_of_notes};

use crate::clock::{CLOCK_FACT, Certificate};
use crate::error::{ContextError, Wrong};
use crate::front_end;
use crate::log::Log;
use crate::profile::Profile;
use crate::rules::{Console, ConsoleLine, Received, lines};

/// No such file is larger than this.
const MAX_BYTES: u64 = 16 << 20;

/// Where the files are; all of them may be missing.
#[derive(Clone, Debug, Default)]
pub struct Paths {
    /// The meter's profile.
    pub profile: Option<PathBuf>,
    /// The phase log of another system.
    pub phases: Option<PathBuf>,
    /// The front end's profile.
    pub front_end: Option<PathBuf>,
    /// The clock's certificate.
    pub calibration: Option<PathBuf>,
    /// What the operator changed after the recording.
    pub edits: Option<PathBuf>,
}

/// One of the files, as it goes into the evidence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ContextFile {
    /// Its name in the evidence.
    pub name: &'static str,
    /// What it is, for people.
    pub what: &'static str,
    /// Its bytes.
    pub bytes: Vec<u8>,
}

/// Names in the evidence, and what they are.
const PROFILE: (&str, &str) = ("profile.toml", "meter profile");
const LOG_CSV: (&str, &str) = ("phase-log.csv", "phase log");
const LOG_JSON: (&str, &str) = ("phase-log.jsonl", "phase log");
const FRONT_END: (&str, &str) = ("front-end.toml", "front end");
const CLOCK: (&str, &str) = ("clock.toml", "clock calibration");
const EDITS: (&str, &str) = ("edits.json", "edits");

/// What lies beside a capture, read and checked.
#[derive(Clone, Debug, Default)]
pub struct Context {
    files: Vec<ContextFile>,
    profile: Option<Profile>,
    log: Option<Log>,
    front_end: Option<front_end::Profile>,
    clock: Option<Certificate>,
    edits: Option<Edits>,
}

/// A recording that is looked at, complete or not: facts and notes with the operator's edits in them.
#[derive(Clone, Copy)]
pub struct SoFar<'a> {
    /// The facts of the session.
    pub facts: &'a Facts,
    /// The settings that the facts ask for.
    pub settings: &'a Settings,
    /// The axis.
    pub timeline: &'a Timeline,
    /// Ticks and UTC.
    pub utc: &'a UtcMap,
    /// Marks and remarks, by tick.
    pub notes: &'a [Note],
}

impl<'a> SoFar<'a> {
    fn of(recording: &'a Recording) -> SoFar<'a> {
        SoFar {
            facts: &recording.facts,
            settings: &recording.settings,
            timeline: &recording.timeline,
            utc: &recording.utc,
            notes: recording.timeline.notes(),
        }
    }
}

fn carried_certificate(facts: &Facts) -> Result<Option<(&'static str, Certificate)>, ContextError> {
    const NAME: &str = "the capture's fact clock_calibration";
    let Some(text) = facts.extra.get(CLOCK_FACT) else { return Ok(None) };
    Ok(Some((NAME, Certificate::parse(NAME, text)?)))
}

impl Context {
    /// Reads the files.
    ///
    /// # Errors
    /// A file cannot be read or is not what it should be.
    pub fn read(paths: &Paths) -> Result<Context, ContextError> {
        let mut context = Context::default();
        let given = [
            (PROFILE, &paths.profile),
            (LOG_CSV, &paths.phases),
            (FRONT_END, &paths.front_end),
            (CLOCK, &paths.calibration),
            (EDITS, &paths.edits),
        ];
        for (known, path) in given {
            if let Some(path) = path {
                context.take(known, path)?;
            }
        }
        Ok(context)
    }

    /// Reads those of an evidence folder whose names are `names`; other names are left alone.
    ///
    /// # Errors
    /// As [`Context::read`].
    pub fn of_evidence(dir: &Path, names: &[String]) -> Result<Context, ContextError> {
        let mut context = Context::default();
        for known in [PROFILE, LOG_CSV, LOG_JSON, FRONT_END, CLOCK, EDITS] {
            if names.iter().any(|name| name == known.0) {
                context.take(known, &dir.join(known.0))?;
            }
        }
        Ok(context)
    }

    fn take(&mut self, known: (&'static str, &'static str), path: &Path) -> Result<(), ContextError> {
        let shown = path.display().to_string();
        let text = read_text(path).map_err(|wrong| wrong.at(&shown, 0))?;
        let (mut name, what) = known;
        match known {
            PROFILE => self.profile = Some(Profile::parse(&shown, &text)?),
            FRONT_END => self.front_end = Some(front_end::Profile::parse(&shown, &text)?),
            CLOCK => self.clock = Some(Certificate::parse(&shown, &text)?),
            EDITS => {
                self.edits =
                    Some(Edits::read(path).map_err(|error| Wrong::Edits(error.to_string()).at(&shown, 0))?)
            }
            _ => {
                self.log = Some(Log::parse(&shown, &text)?);
                let is_json = text.trim_start().starts_with('{');
                name = if is_json { LOG_JSON.0 } else { LOG_CSV.0 };
            }
        }
        self.files.push(ContextFile { name, what, bytes: text.into_bytes() });
        Ok(())
    }

    /// The files, as they go into the evidence.
    pub fn files(&self) -> &[ContextFile] {
        &self.files
    }

    /// The meter's model and the profile's source, if there is a profile.
    pub fn profile(&self) -> Option<(&str, &str)> {
        self.profile.as_ref().map(|p| (p.meter.as_str(), p.source.as_str()))
    }

    /// The analysis of a recording with everything that lies beside it. Edits change the recording first.
    ///
    /// # Errors
    /// A file does not belong to this recording.
    pub fn analyse(&self, recording: &mut Recording) -> Result<Analysis, ContextError> {
        if let Some(edits) = &self.edits {
            recording.apply(edits).map_err(|error| Wrong::Edits(error.to_string()).at(EDITS.0, 0))?;
        }
        self.analyse_so_far(SoFar::of(recording), &mut Memo::default())
    }

    /// The same of a recording that has the edits in it already and may still grow: for the screen, which so says what the
    /// evidence will say. `memo` has what was found before.
    ///
    /// # Errors
    /// A file does not belong to this recording.
    pub fn analyse_so_far(&self, recording: SoFar<'_>, memo: &mut Memo) -> Result<Analysis, ContextError> {
        let timeline = recording.timeline;
        let mut settings = recording.settings.clone();
        if let Some(front_end) = &self.front_end {
            if timeline.is_imported() {
                return Err(Wrong::Imported.at(FRONT_END.0, 0));
            }
            front_end.apply(&mut settings);
        }
        if let Some((name, certificate)) = self.certificate(recording.facts)? {
            certificate.apply(name, recording.facts, timeline.tick_hz(), &mut settings)?;
        }
        let mut told = Told { phases: phases_of_notes(recording.notes, timeline), ..Told::default() };
        told.firmware_to.clone_from(&recording.facts.bench.firmware_to);
        if let Some(profile) = &self.profile {
            let lines = console_lines(timeline);
            let last_tick = timeline.span().map_or(0, |s| s.1);
            let has_loss = console_has_loss(timeline);
            Console { lines: &lines, last_tick, has_loss }.tell(profile, &mut told);
        }
        if let Some(log) = &self.log {
            log.apply(timeline, recording.utc, &mut told)?;
        }
        told.events.sort_by_key(|e| e.tick);
        Ok(analyse_again(timeline, &settings, &told, memo))
    }

    /// The certificate given, or the one that the capture carries.
    fn certificate(&self, facts: &Facts) -> Result<Option<(&'static str, Certificate)>, ContextError> {
        if let Some(certificate) = &self.clock {
            return Ok(Some((CLOCK.0, certificate.clone())));
        }
        carried_certificate(facts)
    }
}

fn read_text(path: &Path) -> Result<String, Wrong> {
    let mut bytes = Vec::new();
    let read = File::open(path).and_then(|file| file.take(MAX_BYTES + 1).read_to_end(&mut bytes));
    read.map_err(Unreadable)?;
    if bytes.len() as u64 > MAX_BYTES {
        return Err(Wrong::TooLarge(MAX_BYTES));
    }
    String::from_utf8(bytes).map_err(|_| Wrong::NotText)
}

/// The lines of the meter's console, each with the tick of its first byte's start bit; empty ones are left out.
pub fn console_lines(timeline: &Timeline) -> Vec<ConsoleLine> {
    let bytes = timeline.console().iter();
    lines(bytes.map(|b| Received { tick: b.tick, byte: b.byte }))
}

/// Whether a byte was lost, damaged, or has only a bound for its tick.
fn console_has_loss(timeline: &Timeline) -> bool {
    timeline.side_losses().iter().any(|loss| loss.kind == SideLossKind::Console)
        || timeline.console().iter().any(|b| b.framing_error || b.lost_before || b.is_late)
}
