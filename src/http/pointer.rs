//! JSON pointers (RFC 6901): where in a body something is.

/// Longest name that is told in a pointer, in bytes: no answer is as long as a request may be.
const NAME_BYTES_MAX: usize = 400;

/// The pointer to what stands under `name` in what `pointer` points to; what has too long a name is told by where it is in.
pub fn below(pointer: &str, name: &str) -> String {
    if name.len() > NAME_BYTES_MAX {
        return pointer.to_owned();
    }
    let name = name.replace('~', "~0").replace('/', "~1");
    format!("{pointer}/{name}")
}
