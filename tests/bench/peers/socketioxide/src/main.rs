// SPDX-License-Identifier: MIT
//! The application of tests/bench/server on socketioxide, with hyper, on one thread.

use std::{env, time::Duration};

use bytes::Bytes;
use hyper::server::conn::http1;
use hyper_util::rt::TokioIo;
use socketioxide::extract::{AckSender, Data, Extension, SocketRef};
use socketioxide::SocketIo;
use tokio::net::TcpSocket;

#[derive(Clone)]
struct Room(String);

fn set_up(socket: SocketRef) {
    socket.join("all");
    socket.on("echo", |s: SocketRef, Data::<String>(text)| async move {
        s.emit("echo", &text).ok();
    });
    socket.on("raw", |s: SocketRef, Data::<String>(text)| async move {
        s.emit("raw", &text).ok();
    });
    socket.on("ack", |Data::<String>(text), ack: AckSender| async move {
        ack.send(&text).ok();
    });
    socket.on("binary", |s: SocketRef, Data::<Bytes>(bytes)| async move {
        s.emit("binary", &bytes).ok();
    });
    socket.on("broadcast", |io: SocketIo, Data::<String>(text)| async move {
        io.emit("broadcast", &text).await.ok();
    });
    socket.on("relay", |io: SocketIo, Data::<String>(text)| async move {
        io.to("all").emit("relay", &text).await.ok();
    });
    socket.on("join", |s: SocketRef, Data::<u32>(number), ack: AckSender| async move {
        let room = format!("room {number}");
        s.join(room.clone());
        s.extensions.insert(Room(room));
        ack.send(&[(); 0]).ok();
    });
    socket.on(
        "say",
        |s: SocketRef, Data::<String>(text), Extension::<Room>(Room(room)), ack: AckSender| async move {
            s.to(room).emit("say", &text).await.ok();
            ack.send(&[(); 0]).ok();
        },
    );
}

fn number(name: &str) -> Option<u64> {
    env::var(name).ok()?.parse().ok()
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> std::io::Result<()> {
    let mut builder = SocketIo::builder();
    if let Some(interval) = number("PING_INTERVAL") {
        builder = builder.ping_interval(Duration::from_millis(interval));
    }
    let (service, io) = builder.build_svc();
    io.ns("/", |s: SocketRef| async move { set_up(s) });

    let socket = TcpSocket::new_v4()?;
    let port = number("PORT").unwrap_or(0) as u16;
    socket.bind(([127, 0, 0, 1], port).into())?;
    let listener = socket.listen(4096)?;
    println!("READY {}", listener.local_addr()?.port());
    loop {
        let (stream, _) = listener.accept().await?;
        stream.set_nodelay(true)?;
        let connection = http1::Builder::new()
            .serve_connection(TokioIo::new(stream), service.clone())
            .with_upgrades();
        tokio::spawn(async move {
            connection.await.ok();
        });
    }
}
