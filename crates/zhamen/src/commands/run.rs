//! `zhamen run`: the service against a real broker.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::Context;
use crossbeam_channel::{Sender, unbounded};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::Signals;
use zhamen_pipeline::{Control, Fatal, Health, Metrics};
use zhamen_wire::journal::ActivationText;

use crate::exit::{Exit, Failure, OrExit, Outcome};
use crate::http::{self, Served};
use crate::service;
use crate::settings::Given;

/// Run the service against a Kafka broker
///
/// Reads the input topics, answers every event with one decision, raises alerts and runs holds and
/// inquiries, until it is told to stop. Needs the topics that `zhamen topics create` makes.
///
/// 启动服务:接入 Kafka,逐条判定并发出预警。
///
/// Signals: TERM and INT stop in order (a second one at once); HUP reads the settings file's rules and
/// tables again and activates them at one place in the journal, or keeps the old ones if they are bad.
/// HTTP: /livez, /readyz (with reasons), /metrics on `service.listen`.
/// Exit codes: 0 stopped in order · 75 something outside failed, start me again · 78 bad settings or rules.
#[derive(clap::Args)]
#[command(verbatim_doc_comment)]
pub struct Args {
    #[command(flatten)]
    given: Given,
}

/// The alarm of settings or rules that a HUP could not load.
const ALARM_RELOAD: &str = "reload-refused";

pub fn run(args: &Args) -> Outcome {
    let settings = args.given.settings().or_exit(Exit::BadConfig)?;
    let activation = service::activation_text(&settings)?;
    crate::logs::start(&settings.service.log, settings.service.log_json);
    tracing::info!(
        version = env!("CARGO_PKG_VERSION"),
        ruleset = activation.digest,
        brokers = settings.kafka.brokers.join(","),
        "starting"
    );
    let metrics = Metrics::new();
    let health = Health::new(metrics.clone());
    service::warn_of_development_key(&settings, &health);
    if let Some(listen) = settings.service.listen {
        let served = Served {
            health: health.clone(),
            metrics: metrics.clone(),
        };
        let address = http::serve(listen, served)
            .with_context(|| format!("service.listen {listen}"))
            .or_exit(Exit::Restart)?;
        tracing::info!(%address, "serving /livez /readyz /metrics");
    }
    let stop = Arc::new(AtomicBool::new(false));
    let (reload_to, reload) = unbounded();
    listen_to_signals(
        args.given.clone(),
        Arc::clone(&stop),
        health.clone(),
        reload_to,
    )
    .or_exit(Exit::Restart)?;
    let control = Control {
        stop,
        reload,
        tap: None,
        health,
        metrics,
    };
    let options = service::run_options(&settings, activation);
    zhamen_kafka::run(options, control).map_err(failure)?;
    tracing::info!("stopped in order");
    Ok(Exit::Ok)
}

/// A failure with the exit code that the pipeline asks for.
pub fn failure(fatal: Fatal) -> Failure {
    Failure {
        exit: match fatal.exit_code() {
            78 => Exit::BadConfig,
            _ => Exit::Restart,
        },
        error: fatal.into(),
    }
}

fn listen_to_signals(
    given: Given,
    stop: Arc<AtomicBool>,
    health: Health,
    reload_to: Sender<ActivationText>,
) -> anyhow::Result<()> {
    for signal in [SIGTERM, SIGINT] {
        // The order matters: the second signal finds the flag set by the first and ends at once.
        signal_hook::flag::register_conditional_shutdown(
            signal,
            Exit::Restart as i32,
            Arc::clone(&stop),
        )?;
        signal_hook::flag::register(signal, Arc::clone(&stop))?;
    }
    let mut signals = Signals::new([SIGHUP])?;
    std::thread::Builder::new()
        .name("signals".to_owned())
        .spawn(move || {
            for _ in signals.forever() {
                if stop.load(Ordering::Relaxed) {
                    return;
                }
                let text = given
                    .settings()
                    .or_exit(Exit::BadConfig)
                    .and_then(|settings| service::activation_text(&settings));
                match text {
                    Ok(text) => {
                        tracing::info!(ruleset = text.digest, "reload asked for");
                        health.clear(ALARM_RELOAD);
                        // Nobody receives only while the process is ending.
                        let _ = reload_to.send(text);
                    }
                    Err(failure) => {
                        let why = format!("the old rules stay in force: {failure}");
                        health.alarm(ALARM_RELOAD, &why);
                    }
                }
            }
        })?;
    Ok(())
}
