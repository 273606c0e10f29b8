//! A real redis-server of one test.

use std::process::{Child, Command, Stdio};
use std::time::Instant;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use super::certificates::Certificates;

/// A Redis that can be killed, stopped, and started again on the same port.
pub struct Redis {
    port: u16,
    child: Option<Child>,
    /// Its certificates, if it speaks TLS.
    certificates: Option<Certificates>,
}

impl Redis {
    /// Starts one.
    pub fn start() -> Self {
        Self::start_on(None)
    }

    /// Starts one that speaks TLS alone, with a certificate for 127.0.0.1 that [`Redis::authority`] has signed.
    pub fn start_with_tls() -> Self {
        Self::start_on(Some(Certificates::make()))
    }

    fn start_on(certificates: Option<Certificates>) -> Self {
        let port = std::net::TcpListener::bind("127.0.0.1:0")
            .expect("a port")
            .local_addr()
            .expect("an address")
            .port();
        let child = None;
        let mut redis = Self {
            port,
            child,
            certificates,
        };
        redis.restart();
        redis
    }

    /// Where it is.
    pub fn url(&self) -> String {
        let scheme = if self.certificates.is_some() {
            "rediss"
        } else {
            "redis"
        };
        format!("{scheme}://127.0.0.1:{}/", self.port)
    }

    /// The file of the authority that has signed its certificate.
    pub fn authority(&self) -> String {
        self.certificates.as_ref().expect("certificates").authority()
    }

    /// kill -9.
    pub fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            child.kill().expect("kill");
            child.wait().expect("an end");
        }
    }

    /// Has it say nothing more, without an end of any connection.
    pub fn silence(&self) {
        self.signal(Signal::SIGSTOP);
    }

    /// Has it go on.
    pub fn wake(&self) {
        self.signal(Signal::SIGCONT);
    }

    fn signal(&self, signal: Signal) {
        let child = self.child.as_ref().expect("a process");
        kill(Pid::from_raw(child.id().cast_signed()), signal).expect("a signal");
    }

    /// Starts it again and waits until it listens.
    pub fn restart(&mut self) {
        self.restart_with(&[]);
    }

    /// Starts it again with these arguments besides.
    pub fn restart_with(&mut self, more: &[&str]) {
        let port = self.port.to_string();
        let mut command = Command::new("redis-server");
        command.args(["--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]);
        match &self.certificates {
            Some(certificates) => {
                let arguments = ["--port", "0", "--tls-port", &port, "--tls-auth-clients", "no"];
                command.args(arguments).current_dir(certificates.folder());
                command.args(["--tls-cert-file", "server.crt", "--tls-key-file", "server.key"]);
                command.args(["--tls-ca-cert-file", "ca.crt"]);
            }
            None => {
                command.args(["--port", &port]);
            }
        }
        let child = command.args(more).stdout(Stdio::null()).spawn();
        self.child = Some(child.expect("redis-server"));
        let deadline = Instant::now() + super::PATIENCE;
        while std::net::TcpStream::connect(("127.0.0.1", self.port)).is_err() {
            assert!(Instant::now() < deadline, "redis-server does not listen");
            std::thread::yield_now();
        }
    }
}

impl Drop for Redis {
    fn drop(&mut self) {
        self.kill();
    }
}
