//! Reads Server-Sent Events (the HTML standard's `text/event-stream`), as far as an office sends them.

/// Longest event, in bytes: a snapshot of the largest plan has less.
const EVENT_BYTES_MAX: usize = 16 * 1_024 * 1_024;

/// An event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// What to come back with; none means from the beginning.
    pub id: Option<String>,
    /// What it says.
    pub data: String,
}

/// An event that is longer than any.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an event is longer than {EVENT_BYTES_MAX} bytes")]
pub struct TooLong;

/// A stream that is read as it comes.
#[derive(Debug, Default)]
pub struct EventStream {
    line: Vec<u8>,
    data: Option<String>,
    id: Option<String>,
}

impl EventStream {
    /// Takes the next bytes in; gives the events that are complete with them.
    pub fn take(&mut self, bytes: &[u8]) -> Result<Vec<Message>, TooLong> {
        let mut messages = Vec::new();
        let mut rest = bytes;
        while let Some(end) = rest.iter().position(|byte| *byte == b'\n') {
            let (line, after) = rest.split_at(end);
            self.line.extend_from_slice(line);
            rest = after.get(1..).unwrap_or_default();
            let line = std::mem::take(&mut self.line);
            messages.extend(self.take_line(&String::from_utf8_lossy(&line)));
        }
        self.line.extend_from_slice(rest);
        let waiting = self.line.len() + self.data.as_ref().map_or(0, String::len);
        if waiting > EVENT_BYTES_MAX {
            return Err(TooLong);
        }
        Ok(messages)
    }

    /// A line; an empty one ends an event.
    fn take_line(&mut self, line: &str) -> Option<Message> {
        let line = line.strip_suffix('\r').unwrap_or(line);
        if line.is_empty() {
            let data = self.data.take()?;
            return Some(Message {
                id: self.id.clone(),
                data,
            });
        }
        let (field, value) = line.split_once(':').unwrap_or((line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match field {
            "id" => self.id = Some(value.to_owned()).filter(|id| !id.is_empty()),
            "data" => match &mut self.data {
                Some(data) => {
                    data.push('\n');
                    data.push_str(value);
                }
                None => self.data = Some(value.to_owned()),
            },
            // A comment keeps the connection; the kind of an event stands in its data too.
            _ => {}
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STREAM: &str = "retry: 1200\n\nid: 7\nevent: snapshot\ndata: {\"a\":1}\n\n:\n\nid: \r\nevent: resync\r\ndata: {}\r\n\r\ndata: a\ndata: b\n\n";

    fn message(id: Option<&str>, data: &str) -> Message {
        Message {
            id: id.map(str::to_owned),
            data: data.to_owned(),
        }
    }

    /// However the network cuts it.
    #[test]
    fn events_are_read_whole() {
        let expected = [
            message(Some("7"), "{\"a\":1}"),
            message(None, "{}"),
            message(None, "a\nb"),
        ];
        for piece in 1..=STREAM.len() {
            let mut stream = EventStream::default();
            let read: Vec<_> = STREAM
                .as_bytes()
                .chunks(piece)
                .flat_map(|bytes| stream.take(bytes).expect("short ones"))
                .collect();
            assert_eq!(read, expected, "in pieces of {piece}");
        }
    }

    #[test]
    fn an_event_without_an_end_is_given_up() {
        let mut stream = EventStream::default();
        let piece = vec![b'x'; EVENT_BYTES_MAX];
        assert!(stream.take(&piece).is_ok());
        assert_eq!(stream.take(b"x"), Err(TooLong));
    }
}
