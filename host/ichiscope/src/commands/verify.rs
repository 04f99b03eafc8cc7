//! `verify`: makes evidence again from its capture and says what differs.

use std::path::PathBuf;

use ichiscope_evidence::{Difference, Signature, signature};
use serde_json::json;

use crate::exit::Outcome;
use crate::output::print;

#[derive(clap::Args)]
pub(crate) struct Args {
    /// The evidence folder
    dir: PathBuf,
    /// The capture, if it is neither in that folder nor beside it
    #[arg(long)]
    capture: Option<PathBuf>,
    /// The public key of whoever signed: of minisign, or of OpenSSH. Then a missing or wrong signature is a difference
    #[arg(long, value_name = "KEY")]
    public_key: Option<PathBuf>,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(args: &Args) -> anyhow::Result<Outcome> {
    let mut differences = ichiscope_evidence::verify(&args.dir, args.capture.as_deref())?;
    let signature = signature(&args.dir, args.public_key.as_deref())?;
    if let Signature::Bad(what) = &signature {
        differences.push(Difference { file: "manifest.json".to_owned(), what: what.clone() });
    }
    let signed = match &signature {
        Signature::None => "not signed",
        Signature::NotChecked(_) => "signed, not checked: say whose key with --public-key",
        Signature::Good(_) => "signed with that key",
        Signature::Bad(_) => "not signed with that key",
    };
    if args.json {
        let list: Vec<_> = differences.iter().map(|d| json!({"file": d.file, "what": d.what})).collect();
        print(&format!(
            "{:#}\n",
            json!({"agrees": list.is_empty(), "signature": signed, "differences": list})
        ))?;
    } else if differences.is_empty() {
        print(&format!("everything agrees; {signed}\n"))?;
    } else {
        let lines: String = differences.iter().map(|d| format!("{}: {}\n", d.file, d.what)).collect();
        print(&lines)?;
    }
    Ok(if differences.is_empty() { Outcome::Good } else { Outcome::Unclear })
}
