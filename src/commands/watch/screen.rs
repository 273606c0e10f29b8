//! The terminal: another page of it while the picture is shown, keys without a line's end, and everything as before at the
//! end, also after a panic.

use std::io::{IsTerminal, Read, Write, stdin, stdout};

use rustix::termios::{OptionalActions, Termios, tcgetattr, tcgetwinsize, tcsetattr};
use tokio::sync::mpsc::{Receiver, channel};

/// Keys that wait.
const KEYS_MAX: usize = 16;
/// What a terminal is taken for that doesn't say how large it is.
const USUAL_SIZE: (usize, usize) = (80, 24);
/// Ctrl-C and Ctrl-D, which come as keys.
const QUIT_KEYS: [u8; 4] = [3, 4, b'q', b'Q'];
/// Another page, without a cursor and without breaking long lines.
const ENTER: &str = "\x1b[?1049h\x1b[?25l\x1b[?7l\x1b[2J";
const LEAVE: &str = "\x1b[0m\x1b[?7h\x1b[?25h\x1b[?1049l";

/// The terminal, as long as it shows the picture.
pub struct Screen {
    /// How it was, if keys come from it too.
    before: Option<Termios>,
}

/// Whether this key says that it is enough.
pub fn is_quit(key: u8) -> bool {
    QUIT_KEYS.contains(&key)
}

impl Screen {
    /// Takes the terminal; gives the keys that are pressed, if there is a keyboard.
    pub fn open() -> std::io::Result<(Self, Option<Receiver<u8>>)> {
        let mut before = None;
        if stdin().is_terminal() {
            let settings = tcgetattr(stdin())?;
            let mut raw = settings.clone();
            raw.make_raw();
            tcsetattr(stdin(), OptionalActions::Now, &raw)?;
            before = Some(settings);
        }
        // From here on it is given back, whatever happens.
        let screen = Self { before };
        let keys = screen.before.is_some().then(read_keys);
        print(ENTER)?;
        Ok((screen, keys))
    }

    /// How many columns and lines it has.
    pub fn size(&self) -> (usize, usize) {
        match tcgetwinsize(stdout()) {
            Ok(size) if size.ws_col > 0 && size.ws_row > 0 => (size.ws_col.into(), size.ws_row.into()),
            _ => USUAL_SIZE,
        }
    }

    /// Shows these lines.
    pub fn show(&mut self, lines: &[String]) -> std::io::Result<()> {
        // All at once, where the terminal can do that.
        let mut text = "\x1b[?2026h\x1b[H".to_owned();
        for line in lines {
            text.push_str(line);
            text.push_str("\x1b[K\r\n");
        }
        // No line behind the last one: the terminal would roll.
        text.truncate(text.len().saturating_sub("\r\n".len()));
        text.push_str("\x1b[J\x1b[?2026l");
        print(&text)
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        let _gone = print(LEAVE).is_err();
        if let Some(before) = &self.before {
            let _gone = tcsetattr(stdin(), OptionalActions::Now, before).is_err();
        }
    }
}

/// The keys as they are pressed.
fn read_keys() -> Receiver<u8> {
    let (pressed, keys) = channel(KEYS_MAX);
    // Nobody waits for this thread: it ends with the program.
    std::thread::spawn(move || {
        let mut key = [0];
        while matches!(stdin().read(&mut key), Ok(1)) && pressed.blocking_send(key[0]).is_ok() {}
    });
    keys
}

fn print(text: &str) -> std::io::Result<()> {
    let mut output = stdout().lock();
    output.write_all(text.as_bytes())?;
    output.flush()
}
