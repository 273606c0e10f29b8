//! An authority of one test, and a server's certificate that it has signed.

use std::path::{Path, PathBuf};
use std::process::Command;

/// A folder with `ca.crt`, and the `server.crt` and `server.key` of a server at 127.0.0.1.
pub struct Certificates(PathBuf);

impl Certificates {
    /// Makes them.
    pub fn make() -> Self {
        let folder = std::env::temp_dir().join(format!("certificates-{}", uuid::Uuid::new_v4().simple()));
        std::fs::create_dir_all(&folder).expect("a folder");
        let make = "openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=authority -keyout ca.key -out ca.crt && \
             openssl req -newkey rsa:2048 -nodes -subj /CN=server -keyout server.key -out server.csr && \
             printf 'subjectAltName=IP:127.0.0.1' > names && \
             openssl x509 -req -in server.csr -CA ca.crt -CAkey ca.key -CAcreateserial -days 2 -extfile names -out server.crt";
        let made = Command::new("sh")
            .args(["-c", make])
            .current_dir(&folder)
            .output()
            .expect("openssl");
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        Self(folder)
    }

    /// Where they are.
    pub fn folder(&self) -> &Path {
        &self.0
    }

    /// The file of the authority.
    pub fn authority(&self) -> String {
        self.0.join("ca.crt").to_string_lossy().into_owned()
    }
}

impl Drop for Certificates {
    fn drop(&mut self) {
        let _left_behind = std::fs::remove_dir_all(&self.0);
    }
}
