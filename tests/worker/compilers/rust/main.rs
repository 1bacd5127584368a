//! A plain WASI command: reads {"words": [...]} and writes how often each occurs, as JSON.
//!
//!     rustc --edition 2021 --target wasm32-wasip1 -C opt-level=z -C panic=abort -C strip=symbols -o words.wasm main.rs
//!
//! (Older compilers call the target wasm32-wasi.) No crate is used, so that nothing but the compiler is needed.

use std::collections::{BTreeMap, HashMap};
use std::io::Read;
use std::time::{Duration, Instant};

fn words(text: &str) -> Vec<String> {
    let list = text.split('[').nth(1).unwrap_or("").split(']').next().unwrap_or("");
    list.split('"').skip(1).step_by(2).map(|word| word.to_lowercase()).collect()
}

fn main() {
    let mut text = String::new();
    if let Err(error) = std::io::stdin().read_to_string(&mut text) {
        eprintln!("{error}");
        std::process::exit(2);
    }
    let mut seeded: HashMap<String, u32> = HashMap::new();
    for word in words(&text) {
        *seeded.entry(word).or_default() += 1;
    }
    let counts: BTreeMap<_, _> = seeded.into_iter().collect();
    let pairs: Vec<String> = counts.iter().map(|(word, n)| format!("\"{word}\":{n}")).collect();
    let names: Vec<String> = counts.keys().map(|word| format!("\"{word}\"")).collect();
    let began = Instant::now();
    std::thread::sleep(Duration::from_millis(3));
    println!(
        "{{\"counts\":{{{}}},\"sorted\":[{}],\"args\":{},\"home\":\"{}\",\"waited\":{},\"missing\":{}}}",
        pairs.join(","),
        names.join(","),
        std::env::args().count(),
        std::env::var("HOME").unwrap_or_default(),
        began.elapsed() >= Duration::from_millis(3),
        std::fs::read("/etc/passwd").is_err(),
    );
}
