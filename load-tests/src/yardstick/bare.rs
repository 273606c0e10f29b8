//! A bare actix-web server: the least that any office built on it has to pay for a request, and its WebSockets in the usual
//! way. It is this same program, run as a child.

use std::net::SocketAddr;
use std::process::Stdio;
use std::time::Duration;

use actix_web::rt::System;
use actix_web::web::{Bytes, Data, Payload};
use actix_web::{App, HttpRequest, HttpResponse, HttpServer, get, post};
use actix_ws::{Message, MessageStream, Session};
use anyhow::Context;
use bytestring::ByteString;
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, BufReader};
use tokio::process::Command;
use tokio::sync::broadcast::{Receiver, Sender, error::RecvError};
use tokio::time::timeout;

use crate::program::Running;

/// The argument that makes this program such a server.
pub const BARE: &str = "bare";
/// Where an empty answer is.
pub const EMPTY: &str = "/empty";
/// Where viewers are sent what is published.
pub const LIVE: &str = "/live";
/// Where frames are published.
pub const PUBLISH: &str = "/publish";
/// Frames that wait for a viewer; one further behind misses some.
const FRAMES_MAX: usize = 256;
/// How long the child may take to listen.
const START_SECONDS_MAX: Duration = Duration::from_secs(10);

/// The server as a child process.
pub struct Bare {
    /// Its process.
    pub running: Running,
    /// Where it listens.
    pub address: SocketAddr,
}

impl Bare {
    /// Starts it and waits until it listens.
    pub async fn start() -> anyhow::Result<Self> {
        let mut command = Command::new(std::env::current_exe()?);
        command.arg(BARE).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut running = Running::start(command)?;
        let output = running.process().stdout.take().context("no output")?;
        let mut lines = BufReader::new(output).lines();
        let line = timeout(START_SECONDS_MAX, lines.next_line()).await;
        let line = line.context("the bare server does not listen")??;
        let address = line.context("the bare server has ended")?.parse()?;
        Ok(Self { running, address })
    }
}

/// Is the server, one worker a core, until the input is closed: so it never outlives its parent.
pub fn serve() -> anyhow::Result<()> {
    System::new().block_on(async {
        let frames = Sender::<ByteString>::new(FRAMES_MAX);
        let app = move || {
            App::new()
                .app_data(Data::new(frames.clone()))
                .service(answer_nothing)
                .service(publish)
                .service(watch)
        };
        let server = HttpServer::new(app).bind("127.0.0.1:0")?;
        announce(&server.addrs())?;
        let server = server.disable_signals().run();
        tokio::select! {
            ended = server => Ok(ended?),
            closed = wait_for_parent() => closed,
        }
    })
}

#[expect(clippy::print_stdout, reason = "the parent reads it")]
fn announce(addresses: &[SocketAddr]) -> anyhow::Result<()> {
    println!("{}", addresses.first().context("no address")?);
    Ok(())
}

async fn wait_for_parent() -> anyhow::Result<()> {
    let mut said = Vec::new();
    tokio::io::stdin().read_to_end(&mut said).await?;
    Ok(())
}

#[get("/empty")]
async fn answer_nothing() -> HttpResponse {
    HttpResponse::NoContent().finish()
}

#[post("/publish")]
async fn publish(frames: Data<Sender<ByteString>>, body: Bytes) -> HttpResponse {
    let Ok(frame) = ByteString::try_from(body) else {
        return HttpResponse::BadRequest().finish();
    };
    // Nobody who listens is no failure.
    let _ = frames.send(frame);
    HttpResponse::NoContent().finish()
}

#[get("/live")]
async fn watch(
    request: HttpRequest,
    body: Payload,
    frames: Data<Sender<ByteString>>,
) -> actix_web::Result<HttpResponse> {
    let (response, session, messages) = actix_ws::handle(&request, body)?;
    #[expect(
        clippy::disallowed_methods,
        reason = "one a connection, and those have a limit"
    )]
    actix_web::rt::spawn(send_frames(session, messages, frames.subscribe()));
    Ok(response)
}

async fn send_frames(mut session: Session, mut messages: MessageStream, mut frames: Receiver<ByteString>) {
    loop {
        let sent = tokio::select! {
            frame = frames.recv() => match frame {
                Ok(frame) => session.text(frame).await,
                Err(RecvError::Lagged(_missed)) => Ok(()),
                Err(RecvError::Closed) => return,
            },
            message = messages.recv() => match message {
                Some(Ok(Message::Ping(said))) => session.pong(&said).await,
                Some(Ok(Message::Close(_))) | Some(Err(_)) | None => return,
                Some(Ok(_other)) => Ok(()),
            },
        };
        if sent.is_err() {
            return;
        }
    }
}
