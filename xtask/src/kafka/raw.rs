//! Just enough of Kafka's wire protocol to ask whether a broker is there, over one connection a
//! question. No client library: what uses the broker brings its own.

use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};

/// A request key and version; those below exist unchanged in every broker from 0.11 to 4.x.
#[derive(Clone, Copy, Debug)]
pub struct Api {
    /// Which request.
    pub key: i16,
    /// Which layout of it; only the non-flexible ones fit [`exchange`].
    pub version: i16,
}

const API_VERSIONS: Api = Api {
    key: 18,
    version: 0,
};
const METADATA: Api = Api { key: 3, version: 1 };

/// Answers longer than this are not ours.
const ANSWER_BYTES_MAX: u32 = 1 << 20;
const PATIENCE: Duration = Duration::from_secs(2);

/// How many brokers the one on this loopback port knows to be alive. A broker that is up but not
/// yet admitted by the controller counts none.
pub fn live_brokers(port: u16) -> Result<u32> {
    let versions = exchange(port, API_VERSIONS, &[])?;
    let error = i16::from_be_bytes(first(&versions)?);
    ensure!(
        error == 0,
        "the broker answered ApiVersions with error {error}"
    );
    // An empty list of topics: the brokers alone.
    let metadata = exchange(port, METADATA, &0_i32.to_be_bytes())?;
    Ok(u32::from_be_bytes(first(&metadata)?))
}

/// Sends one request and returns the body of its answer.
pub fn exchange(port: u16, api: Api, body: &[u8]) -> Result<Vec<u8>> {
    const CORRELATION: i32 = 1;
    const NO_CLIENT_ID: i16 = -1;
    let mut request = Vec::new();
    request.extend(api.key.to_be_bytes());
    request.extend(api.version.to_be_bytes());
    request.extend(CORRELATION.to_be_bytes());
    request.extend(NO_CLIENT_ID.to_be_bytes());
    request.extend(body);
    let length = u32::try_from(request.len()).context("request too long")?;

    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    let mut stream = TcpStream::connect_timeout(&address, PATIENCE)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    stream.write_all(&[&length.to_be_bytes()[..], &request].concat())?;

    let mut length = [0; 4];
    stream.read_exact(&mut length)?;
    let length = u32::from_be_bytes(length);
    ensure!(
        (4..=ANSWER_BYTES_MAX).contains(&length),
        "answer of {length} bytes"
    );
    let mut answer = vec![0; length as usize];
    stream.read_exact(&mut answer)?;
    let correlation = i32::from_be_bytes(first(&answer)?);
    ensure!(correlation == CORRELATION, "answer to another request");
    Ok(answer.split_off(4))
}

fn first<const N: usize>(bytes: &[u8]) -> Result<[u8; N]> {
    bytes.first_chunk().copied().context("answer cut short")
}
