//! What the screen and the command line may look at while a session runs.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use ichiscope_capture::Facts;
use ichiscope_context::{Context, ContextError, SoFar};
use ichiscope_replay::{Edits, FileDamage, Index, Intake, PpsUtc, SettingsError, UtcMap, settings_of};
use ichiscope_timeline::{Note, Timeline};
use ichiscope_verdict::{Analysis, Memo, Settings, Told, analyse, analyse_again, phases_of_notes};

use crate::Latency;

/// What the session is doing.
#[derive(Clone, Debug, PartialEq)]
pub enum State {
    /// A capture is being read.
    Loading {
        /// How much of it is done, 0..=1.
        fraction: f32,
    },
    /// A recording is running.
    Recording {
        /// Device bytes so far.
        bytes: u64,
    },
    /// A recording is running and its device is away; it goes on when the device is there (again).
    Waiting {
        /// Device bytes so far.
        bytes: u64,
        /// Why the device is away, and what to do.
        why: String,
    },
    /// All there is has been read.
    Ready,
    /// It ended early; the text says why and what is safe.
    Failed(String),
}

/// What an analysis of the axis found.
pub(crate) struct Found {
    analysis: Analysis,
    notes: Vec<Note>,
    /// What the operator should know of it.
    notice: Option<String>,
    /// The count of changes that it knew of.
    changes: u64,
}

/// What may be looked at. Read it briefly: the decoder waits while it is read.
#[derive(Debug)]
pub struct Shared {
    /// The capture file; of a recording in several files the one that was opened, or the first.
    pub path: PathBuf,
    /// Facts of the session, with the operator's edits in them.
    pub facts: Facts,
    /// As they are in the file.
    recorded: Facts,
    edits: Edits,
    /// The timeline's notes and those of the edits, by tick; kept only if there are edits.
    notes: Vec<Note>,
    /// What lies beside the capture, without the edits.
    context: Context,
    /// Counts changes of the edits and of what lies beside the capture.
    changes: u64,
    /// Settings of the analysis.
    pub settings: Settings,
    /// What the session is doing.
    pub state: State,
    /// The whole recording at a glance while it is being read.
    pub first_look: Option<Index>,
    /// What the operator should know of a recording that goes on all the same, oldest first.
    pub notices: Vec<String>,
    /// While recording: from bytes received to events decoded.
    pub latency: Latency,
    /// Changes whenever anything here changed.
    pub revision: u64,
    pub(crate) intake: Intake,
    analysis: Arc<Analysis>,
    /// What the next analysis need not find again.
    memo: Mutex<Memo>,
}

impl Shared {
    pub(crate) fn new(path: PathBuf, facts: Facts, settings: Settings, state: State) -> Self {
        let intake = Intake::new(settings.clock_ppb, PpsUtc::told(&facts));
        let analysis = Arc::new(analyse(intake.timeline(), &settings, &[]));
        Shared {
            path,
            recorded: facts.clone(),
            facts,
            edits: Edits::default(),
            notes: Vec::new(),
            context: Context::default(),
            changes: 0,
            settings,
            state,
            first_look: None,
            notices: Vec::new(),
            latency: Latency::default(),
            revision: 0,
            intake,
            analysis,
            memo: Mutex::default(),
        }
    }

    /// The axis so far.
    pub fn timeline(&self) -> &Timeline {
        self.intake.timeline()
    }

    /// Damaged parts of the files, and files that are missing.
    pub fn damage(&self) -> &[FileDamage] {
        self.intake.damage()
    }

    /// An axis like this one, with nothing on it.
    pub(crate) fn empty_intake(&self) -> Intake {
        Intake::new(self.settings.clock_ppb, PpsUtc::told(&self.recorded))
    }

    /// Ticks and UTC so far.
    pub fn utc(&self) -> UtcMap {
        self.intake.utc()
    }

    /// The analysis of the axis; while data come in it may be a fraction of a second behind.
    pub fn analysis(&self) -> &Arc<Analysis> {
        &self.analysis
    }

    /// The operator's edits.
    pub fn edits(&self) -> &Edits {
        &self.edits
    }

    /// Marks and remarks, by tick: those of the recording and those of the edits.
    pub fn notes(&self) -> &[Note] {
        if self.edits.notes.is_empty() { self.timeline().notes() } else { &self.notes }
    }

    /// What lies beside the capture and was named: meter profile, phase log, front end, certificate.
    pub fn context(&self) -> &Context {
        &self.context
    }

    /// The analysis of the axis as it is now, as the evidence makes it. It takes a while, and changes nothing.
    pub(crate) fn analysed(&self) -> Found {
        let timeline = self.intake.timeline();
        let edited = (!self.edits.notes.is_empty()).then(|| self.edits.notes(timeline.notes()));
        let notes = edited.as_deref().unwrap_or(timeline.notes());
        let mut memo = self.memo();
        let analysed = self.told(&self.context, notes, &mut memo);
        let (analysis, notice) = match analysed {
            Ok(analysis) => (analysis, None),
            Err(error) => {
                let phases = phases_of_notes(notes, timeline);
                let firmware_to = self.facts.bench.firmware_to.clone();
                let told = Told { phases, firmware_to, ..Told::default() };
                (analyse_again(timeline, &self.settings, &told, &mut memo), Some(error.to_string()))
            }
        };
        Found { analysis, notes: edited.unwrap_or_default(), notice, changes: self.changes }
    }

    /// One that a thread died with was not finished, and knows it.
    fn memo(&self) -> MutexGuard<'_, Memo> {
        self.memo.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn told(&self, context: &Context, notes: &[Note], memo: &mut Memo) -> Result<Analysis, ContextError> {
        let (facts, settings, timeline, utc) = (&self.facts, &self.settings, self.timeline(), self.utc());
        context.analyse_so_far(SoFar { facts, settings, timeline, utc: &utc, notes }, memo)
    }

    /// Takes what [`Shared::analysed`] found; not if it was told something else meanwhile.
    pub(crate) fn take(&mut self, found: Found) -> bool {
        let is_current = found.changes == self.changes;
        if is_current {
            self.analysis = Arc::new(found.analysis);
            self.notes = found.notes;
            if let Some(text) = found.notice.filter(|text| !self.notices.contains(text)) {
                self.notices.push(text);
            }
            self.revision += 1;
        }
        is_current
    }

    fn analyse(&mut self) {
        let found = self.analysed();
        self.take(found);
    }

    /// Puts other edits in the place of those before; nothing changes if they make no sense.
    pub(crate) fn set_edits(&mut self, edits: Edits) -> Result<(), SettingsError> {
        let facts = edits.facts(&self.recorded);
        self.settings = settings_of(&facts)?;
        self.facts = facts;
        self.edits = edits;
        self.changes += 1;
        self.analyse();
        Ok(())
    }

    /// Puts other files in the place of those that lay beside the capture; nothing changes if they do not belong to it.
    pub(crate) fn set_context(&mut self, context: Context) -> Result<(), ContextError> {
        self.told(&context, self.notes(), &mut self.memo())?;
        self.context = context;
        self.changes += 1;
        self.analyse();
        Ok(())
    }

    /// Puts what was read from the file in the place of a live axis that missed something.
    pub(crate) fn replace(&mut self, intake: Intake) {
        self.intake = intake;
        self.analyse();
    }

    pub(crate) fn set_state(&mut self, state: State) {
        self.state = state;
        self.revision += 1;
    }
}
