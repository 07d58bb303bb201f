//! What is kept in the browser's storage comes back, in a worker.

#![cfg(target_arch = "wasm32")]

use sockscope::browser::storage::Storage;
use wasm_bindgen_test::{wasm_bindgen_test as test, wasm_bindgen_test_configure};

wasm_bindgen_test_configure!(run_in_dedicated_worker);

#[test]
async fn what_is_kept_survives_closing() {
    let storage = Storage::open("survives").await.expect("storage");
    storage.set("a", "é😀\0").await.expect("kept");
    storage.set("a", "newer").await.expect("kept");
    drop(storage);
    let storage = Storage::open("survives").await.expect("storage");
    assert_eq!(storage.get("a").await, Ok(Some("newer".to_owned())));
}

#[test]
async fn what_is_not_kept_is_none() {
    let storage = Storage::open("empty").await.expect("storage");
    assert_eq!(storage.get("a").await, Ok(None));
    assert_eq!(storage.keys().await, Ok(vec![]));
    assert_eq!(storage.remove("a").await, Ok(()));
}

#[test]
async fn keys_are_told_in_order_and_removed() {
    let storage = Storage::open("keys").await.expect("storage");
    for key in ["b", "c", "a"] {
        storage.set(key, key).await.expect("kept");
    }
    storage.remove("c").await.expect("removed");
    assert_eq!(storage.keys().await, Ok(vec!["a".to_owned(), "b".to_owned()]));
}

#[test]
async fn two_storages_share_nothing() {
    let one = Storage::open("one").await.expect("storage");
    let two = Storage::open("two").await.expect("storage");
    one.set("a", "1").await.expect("kept");
    assert_eq!(two.get("a").await, Ok(None));
}

#[test]
async fn a_large_text_comes_back_whole() {
    let storage = Storage::open("large").await.expect("storage");
    let text = "0123456789abcdef".repeat(1 << 18);
    storage.set("a", &text).await.expect("kept");
    assert!(storage.get("a").await == Ok(Some(text)));
}
