//! Secrets from files. What a process has in its environment is read by whoever may look at it, and handed on to the
//! programs that it starts; systemd, Docker and Kubernetes give secrets as files instead.

use std::ffi::OsString;
use std::fs::File;
use std::io::Read;
use std::path::Path;

use anyhow::Context;
use clap::Command;

/// A longer file is none with a secret.
const SECRET_BYTES_MAX: u64 = 64 * 1_024;

/// The arguments of the program, with those added whose values stand in the files that `<NAME>_FILE` names, for each setting
/// of the subcommand whose value is kept out of the help. They never leave the process.
pub fn add_secrets(
    program: &Command,
    mut arguments: Vec<OsString>,
    variable: impl Fn(&str) -> Option<OsString>,
) -> anyhow::Result<Vec<OsString>> {
    let (mut command, mut at) = (program, 1);
    while let Some(next) = arguments.get(at).and_then(|name| command.find_subcommand(name)) {
        command = next;
        at += 1;
    }
    for argument in command
        .get_arguments()
        .filter(|argument| argument.is_hide_env_values_set())
    {
        let (Some(name), Some(long)) = (
            argument.get_env().and_then(|name| name.to_str()),
            argument.get_long(),
        ) else {
            continue;
        };
        let file_name = format!("{name}_FILE");
        let Some(file) = variable(&file_name) else {
            continue;
        };
        anyhow::ensure!(
            variable(name).is_none(),
            "{name} and {file_name} are both set: leave one of them out"
        );
        let file = Path::new(&file);
        let secret = read_secret(file)
            .with_context(|| format!("can't read {}, which {file_name} names", file.display()))?;
        arguments.insert(at.min(arguments.len()), format!("--{long}={secret}").into());
    }
    Ok(arguments)
}

/// A file's text without the end of its line.
fn read_secret(file: &Path) -> anyhow::Result<String> {
    let mut text = String::new();
    File::open(file)?
        .take(SECRET_BYTES_MAX + 1)
        .read_to_string(&mut text)?;
    anyhow::ensure!(
        text.len() as u64 <= SECRET_BYTES_MAX,
        "it is longer than any secret"
    );
    text.truncate(text.trim_end_matches(['\r', '\n']).len());
    anyhow::ensure!(!text.is_empty(), "it is empty");
    Ok(text)
}
