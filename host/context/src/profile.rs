//! A meter model's profile: regular expressions that start and end a phase, tell a version or an event, on lines of its console.
//!
//! The expressions are those of crate `regex`, whose matching is linear in the line's length; their size is limited besides, so
//! that no profile can hang the analysis.

use ichiscope_replay::told_phase;
use ichiscope_verdict::PhaseKind;
use regex::bytes::{Regex, RegexBuilder};
use serde::Deserialize;
use toml::Spanned;

use crate::error::{ContextError, Wrong, line_of, toml_error};

/// First key of the file.
pub(crate) const FORMAT: &str = "ichiscope-profile-1";
/// A profile has at most so many patterns.
const MAX_PATTERNS: usize = 200;
/// A pattern has at most so many bytes.
const MAX_PATTERN_BYTES: usize = 1000;
/// A compiled pattern, and its cache, take at most so many bytes.
const MAX_COMPILED_BYTES: usize = 1 << 20;
/// Captures that mean something.
const CAPTURES: [&str; 3] = ["version", "code", "seconds"];

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    format: String,
    meter: String,
    #[serde(default)]
    source: String,
    #[serde(default)]
    phase: Vec<PhaseFile>,
    #[serde(default)]
    event: Vec<PatternFile>,
    #[serde(default)]
    version: Vec<PatternFile>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PhaseFile {
    name: Spanned<String>,
    start: Spanned<String>,
    end: Option<Spanned<String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PatternFile {
    pattern: Spanned<String>,
}

/// A rule for a phase.
#[derive(Clone, Debug)]
pub(crate) struct PhaseRule {
    pub(crate) kind: PhaseKind,
    pub(crate) start: Regex,
    pub(crate) end: Option<Regex>,
}

/// A profile, ready to be applied.
#[derive(Clone, Debug)]
pub(crate) struct Profile {
    /// The meter's model, for people.
    pub(crate) meter: String,
    /// Who made the profile, and from what.
    pub(crate) source: String,
    pub(crate) phases: Vec<PhaseRule>,
    /// Patterns with the captures `code` and perhaps `seconds`.
    pub(crate) events: Vec<Regex>,
    /// Patterns with the capture `version`.
    pub(crate) versions: Vec<Regex>,
}

impl Profile {
    /// Reads the profile.
    pub(crate) fn parse(name: &str, text: &str) -> Result<Profile, ContextError> {
        let file: File = toml::from_str(text).map_err(|error| toml_error(name, text, &error))?;
        if file.format != FORMAT {
            return Err(Wrong::Format { found: file.format, expected: FORMAT }.at(name, 1));
        }
        if file.phase.len() * 2 + file.event.len() + file.version.len() > MAX_PATTERNS {
            return Err(Wrong::TooMany("200 patterns").at(name, 0));
        }
        let compile = |pattern: &Spanned<String>, needed: Option<&'static str>| {
            compile(pattern.get_ref(), needed)
                .map_err(|wrong| wrong.at(name, line_of(text, pattern.span().start)))
        };
        let phase = |p: &PhaseFile| {
            let kind = told_phase(p.name.get_ref());
            let line = line_of(text, p.name.span().start);
            Ok(PhaseRule {
                kind: kind.map_err(|fault| Wrong::from(fault).at(name, line))?,
                start: compile(&p.start, None)?,
                end: p.end.as_ref().map(|end| compile(end, None)).transpose()?,
            })
        };
        let all = |list: &[PatternFile], needed| {
            list.iter().map(|p| compile(&p.pattern, Some(needed))).collect::<Result<Vec<_>, _>>()
        };
        Ok(Profile {
            phases: file.phase.iter().map(phase).collect::<Result<_, ContextError>>()?,
            events: all(&file.event, "code")?,
            versions: all(&file.version, "version")?,
            meter: file.meter,
            source: file.source,
        })
    }

    /// Whether it tells the hub's boot, on which the verdict depends.
    pub(crate) fn tells_boot(&self) -> bool {
        self.phases.iter().any(|p| p.kind == PhaseKind::ChBoot)
    }
}

fn compile(pattern: &str, needed: Option<&'static str>) -> Result<Regex, Wrong> {
    let wrong = |why: String| Wrong::Pattern { pattern: shortened(pattern), why };
    if pattern.len() > MAX_PATTERN_BYTES {
        return Err(wrong(format!("it is longer than {MAX_PATTERN_BYTES} bytes")));
    }
    let regex = RegexBuilder::new(pattern)
        .size_limit(MAX_COMPILED_BYTES)
        .dfa_size_limit(MAX_COMPILED_BYTES)
        .build()
        .map_err(|error| wrong(last_line(&error.to_string())))?;
    if regex.is_match(b"") {
        return Err(wrong("it matches an empty line, and so every line".to_owned()));
    }
    for name in regex.capture_names().flatten() {
        if !CAPTURES.contains(&name) {
            let expected = "version, code or seconds";
            return Err(Wrong::Capture { pattern: shortened(pattern), name: name.to_owned(), expected });
        }
    }
    match needed {
        Some(needed) if !regex.capture_names().flatten().any(|name| name == needed) => {
            Err(wrong(format!("it names no capture '{needed}', as (?P<{needed}>...) does")))
        }
        _ => Ok(regex),
    }
}

fn shortened(pattern: &str) -> String {
    pattern.chars().take(80).collect()
}

/// The compiler draws the pattern with a caret below; its last line says what is wrong.
fn last_line(error: &str) -> String {
    error.lines().last().unwrap_or(error).trim_start_matches("error: ").to_owned()
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    pub(crate) const GOOD: &str = r#"format = "ichiscope-profile-1"
meter = "a test's meter"
source = "made up"

[[phase]]
name = "METER_REBOOT"
start = '^rebooting'
end = '^application running'

[[phase]]
name = "CH_BOOT"
start = 'hub: power on'
end = 'hub: ready'

[[version]]
pattern = 'fw (?P<version>[0-9A-F]{8})'

[[event]]
pattern = 'alert (?P<code>0x[0-9A-Fa-f]{4})(?: after (?P<seconds>\d+) s)?'
"#;

    #[test]
    fn a_good_profile_is_read() {
        let profile = Profile::parse("m.toml", GOOD).unwrap();
        assert_eq!((profile.phases.len(), profile.events.len(), profile.versions.len()), (2, 1, 1));
        assert!(profile.tells_boot());
    }

    #[test]
    fn what_is_wrong_is_named_with_its_line() {
        let cases = [
            (GOOD.replace("^rebooting", "(rebooting"), "line 7", "unclosed group"),
            (GOOD.replace("^rebooting", "(?=x)"), "line 7", "look-around"),
            (GOOD.replace("^rebooting", "((a{1000}){1000}){1000}"), "line 7", "size limit"),
            (GOOD.replace("^rebooting", "x*"), "line 7", "every line"),
            (GOOD.replace("^rebooting", &"x".repeat(1001)), "line 7", "longer than 1000"),
            (GOOD.replace("METER_REBOOT", "RAIL_OFF"), "line 6", "RAIL_OFF"),
            (GOOD.replace("<version>", "<versoin>"), "line 16", "'versoin'"),
            (GOOD.replace("?P<code>", "?:"), "line 19", "'code'"),
            (GOOD.replace("meter =", "metre ="), "line 2", "metre"),
            (GOOD.replace("profile-1", "profile-2"), "line 1", "ichiscope-profile-2"),
        ];
        for (text, line, said) in cases {
            let error = Profile::parse("m.toml", &text).unwrap_err().to_string();
            for part in ["m.toml", line, said, "Remedy"] {
                assert!(error.contains(part), "no '{part}' in {error}");
            }
        }
        let many = "\n[[version]]\npattern = '(?P<version>x)'".repeat(201);
        let error = Profile::parse("m.toml", &format!("{GOOD}{many}")).unwrap_err().to_string();
        assert!(error.contains("200 patterns"), "{error}");
    }

    /// The classic trap of backtracking matchers: here it is linear, so a line of a megabyte takes no time to speak of.
    #[test]
    fn no_pattern_hangs() {
        let regex = compile("(a|a)*(a|aa)*b$", None).unwrap();
        let line = vec![b'a'; 1 << 20];
        assert!(!regex.is_match(&line));
    }
}
