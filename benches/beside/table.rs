//! The figures of two or three servers side by side.

use super::work::{Cost, Figure};
use std::time::Duration;

/// Prints them as a Markdown table. The ratios compare the embedded server with controllers to the real one.
pub(crate) fn print(bare: &[Figure], whole: &[Figure], real: Option<&[Figure]>) {
    println!("| | helmdrill, no controllers | helmdrill | real | ratio, wall | ratio, processor |");
    println!("| --- | ---: | ---: | ---: | ---: | ---: |");
    for (at, figure) in bare.iter().enumerate() {
        let (bare, whole) = (figure.cost, whole[at].cost);
        let real = real.map(|figures| figures[at].cost);
        let ratios = real.map_or_else(Default::default, |real| ratios(whole, real));
        let shown = real.map_or_else(String::new, shown);
        println!(
            "| {} | {} | {} | {shown} | {} | {} |",
            figure.name,
            self::shown(bare),
            self::shown(whole),
            ratios.0,
            ratios.1
        );
    }
    println!("\nOf a rate: how many a second; processor time of server + client for each.");
}

fn shown(cost: Cost) -> String {
    match cost {
        Cost::Memory(kib) => {
            format!("{:.1} MiB", f64::from(u32::try_from(kib).expect("less than 4 TiB")) / 1024.0)
        }
        Cost::Rate { count, wall, server, client } => {
            format!("{}/s; {} + {}", rounded(rate(count, wall)), each(server, count), each(client, count))
        }
    }
}

#[expect(clippy::cast_precision_loss, reason = "figures for people")]
fn rate(count: usize, wall: Duration) -> f64 {
    count as f64 / wall.as_secs_f64()
}

fn rounded(rate: f64) -> String {
    if rate >= 100.0 { format!("{rate:.0}") } else { format!("{rate:.1}") }
}

#[expect(clippy::cast_precision_loss, reason = "figures for people")]
fn micros(time: Duration, count: usize) -> f64 {
    time.as_secs_f64() * 1e6 / count.max(1) as f64
}

fn each(time: Duration, count: usize) -> String {
    match micros(time, count) {
        micros if micros >= 10_000.0 => format!("{:.1} ms", micros / 1000.0),
        micros => format!("{micros:.0} µs"),
    }
}

/// How much more the real one takes: wall time, processor time.
fn ratios(ours: Cost, real: Cost) -> (String, String) {
    match (ours, real) {
        (
            Cost::Rate { count, wall, server, .. },
            Cost::Rate { count: real_count, wall: real_wall, server: real_server, .. },
        ) => {
            let walls = rate(count, wall) / rate(real_count, real_wall);
            let processors = micros(real_server, real_count) / micros(server, count);
            (format!("{walls:.1}"), format!("{processors:.1}"))
        }
        (Cost::Memory(ours), Cost::Memory(real)) => {
            let ratio = |kib: u64| f64::from(u32::try_from(kib.max(1)).expect("less than 4 TiB"));
            (String::new(), format!("{:.1}", ratio(real) / ratio(ours)))
        }
        (Cost::Rate { .. }, Cost::Memory(_)) | (Cost::Memory(_), Cost::Rate { .. }) => Default::default(),
    }
}
