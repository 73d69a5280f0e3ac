//! The program: what it was told, the server, and its end.

use std::{alloc::System, process::ExitCode, time::Duration};

use cap::Cap;
use clap::Parser;
use lifeline::{
    config::{Cli, Command, Config},
    crowd, lesson,
    room::class::qr,
    server, telemetry,
};
use tokio::signal;

/// What the program was told cannot be done.
const CANNOT: u8 = 2;

/// The system's allocator, which counts: so that it can be told what a crowd's connections cost.
#[global_allocator]
static HEAP: Cap<System> = Cap::new(System, usize::MAX);

fn main() -> ExitCode {
    // A wrong flag is said by clap, in a few lines and with code 2.
    let cli = Cli::parse();
    let filter = std::env::var("RUST_LOG").ok();
    if let Err(why) = telemetry::start(filter.as_deref()) {
        return cannot(&why);
    }
    let result = match cli.command {
        None => serve(cli.serve),
        Some(Command::Serve(config)) => serve(config),
        Some(Command::Check { dir }) => return lesson::check::run(dir.as_deref()),
        Some(Command::Crowd) => crowd::child::run(),
    };
    result.map_or_else(|why| cannot(&why), |()| ExitCode::SUCCESS)
}

fn cannot(why: &str) -> ExitCode {
    eprintln!("lifeline: {why}");
    ExitCode::from(CANNOT)
}

fn serve(config: Config) -> Result<(), String> {
    crowd::cost::count_by(|| HEAP.allocated());
    crowd::more_files();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let runtime = runtime.map_err(|error| format!("cannot start: {error}"))?;
    let result = runtime.block_on(run(config));
    // Whatever still runs now has had its second.
    runtime.shutdown_timeout(Duration::from_millis(200));
    result
}

async fn run(config: Config) -> Result<(), String> {
    let listen = (config.site, config.lab);
    // Before anybody can know that the program is there.
    let end = the_end()?;
    let running = server::start(config).await?;
    println!(
        "Lifeline: the course is at {} (its lab listens on {})",
        url(listen.0.ip, running.site.port()),
        running.lab.port()
    );
    if !listen.0.is_loopback() && listen.1.is_loopback() {
        eprintln!("lifeline: other machines reach the course but not its lab; set --lab, too");
    }
    if let Some(origin) = &running.outside {
        println!("Other machines reach it at {origin}");
        if let Some(code) = qr::terminal(origin) {
            println!("{code}");
        }
    }
    end.await;
    println!("Lifeline ends.");
    running.stop().await;
    Ok(())
}

/// What to type into a browser.
fn url(ip: std::net::IpAddr, port: u16) -> String {
    if ip.is_loopback() || ip.is_unspecified() {
        format!("http://localhost:{port}")
    } else {
        format!("http://{}:{port}", lifeline::hosts::literal(ip))
    }
}

/// Ctrl-C, or SIGTERM where there is such a thing. From this call on they end the program in order, awaited or not.
#[cfg(unix)]
fn the_end() -> Result<impl Future<Output = ()>, String> {
    let listen = |kind| signal::unix::signal(kind).map_err(|error| format!("cannot wait for signals: {error}"));
    let mut interrupt = listen(signal::unix::SignalKind::interrupt())?;
    let mut terminate = listen(signal::unix::SignalKind::terminate())?;
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    })
}

/// Ctrl-C.
#[cfg(not(unix))]
fn the_end() -> Result<impl Future<Output = ()>, String> {
    Ok(async {
        // Without a way to hear of it, the program is ended from outside.
        drop(signal::ctrl_c().await);
    })
}
