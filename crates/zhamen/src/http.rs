//! `/livez`, `/readyz` and `/metrics` on a thread and runtime of their own, so that a slow reader
//! costs the loops nothing. Serves no personal data and takes no commands.

use std::io;
use std::net::{SocketAddr, TcpListener};

use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use zhamen_pipeline::{Health, Metrics};

/// What is served.
#[derive(Clone)]
pub struct Served {
    /// Behind `/readyz`.
    pub health: Health,
    /// Behind `/metrics`.
    pub metrics: Metrics,
}

/// Serves on `listen` until the process ends; returns the address, which tells the port where 0 was
/// asked for.
///
/// # Errors
/// The address is taken or not ours.
pub fn serve(listen: SocketAddr, served: Served) -> io::Result<SocketAddr> {
    let listener = TcpListener::bind(listen)?;
    listener.set_nonblocking(true)?;
    let address = listener.local_addr()?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    std::thread::Builder::new()
        .name("http".to_owned())
        .spawn(move || {
            let served = runtime.block_on(async {
                let listener = tokio::net::TcpListener::from_std(listener)?;
                axum::serve(listener, router(served)).await
            });
            if let Err(e) = served {
                tracing::error!("http: {e}");
            }
        })?;
    Ok(address)
}

fn router(served: Served) -> Router {
    Router::new()
        .route("/livez", get(|| async { "ok\n" }))
        .route("/readyz", get(readyz))
        .route("/metrics", get(metrics))
        .with_state(served)
}

async fn readyz(State(served): State<Served>) -> Response {
    let report = served.health.report();
    let status = match report.ready {
        true => StatusCode::OK,
        false => StatusCode::SERVICE_UNAVAILABLE,
    };
    match serde_json::to_string(&report) {
        Ok(json) => (
            status,
            [(header::CONTENT_TYPE, "application/json")],
            json + "\n",
        )
            .into_response(),
        Err(e) => (StatusCode::INTERNAL_SERVER_ERROR, e.to_string()).into_response(),
    }
}

async fn metrics(State(served): State<Served>) -> Response {
    (
        [(header::CONTENT_TYPE, "text/plain; version=0.0.4")],
        served.metrics.text(),
    )
        .into_response()
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};
    use std::net::TcpStream;

    use zhamen_pipeline::health::{Part, Phase};

    use super::*;

    fn get(address: SocketAddr, path: &str) -> String {
        let mut stream = TcpStream::connect(address).expect("the server listens");
        let request = format!("GET {path} HTTP/1.1\r\nHost: zhamen\r\nConnection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).expect("it reads");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("it answers");
        answer
    }

    #[test]
    fn liveness_readiness_with_reasons_and_metrics() {
        let metrics = Metrics::new();
        let health = Health::new(metrics.clone());
        let served = Served {
            health: health.clone(),
            metrics,
        };
        let any_port = SocketAddr::from(([127, 0, 0, 1], 0));
        let address = serve(any_port, served).expect("a free port");

        assert!(get(address, "/livez").starts_with("HTTP/1.1 200"));
        let starting = get(address, "/readyz");
        assert!(starting.starts_with("HTTP/1.1 503"), "{starting}");
        assert!(starting.contains("nothing has started"), "{starting}");

        health.phase(Part::Screen, Phase::Live);
        health.alarm("development-key", "the published key is in use");
        let ready = get(address, "/readyz");
        assert!(ready.starts_with("HTTP/1.1 200"), "{ready}");
        assert!(ready.contains("alarm development-key"), "{ready}");
        assert!(get(address, "/metrics").contains("development-key"));
        assert!(get(address, "/else").starts_with("HTTP/1.1 404"));
    }
}
