//! What is kept in the browser's storage comes back, in a worker.

#![cfg(target_arch = "wasm32")]

use idb::{Database, DatabaseEvent, Factory, ObjectStoreParams, TransactionMode};
use sockscope::browser::storage::Storage;
use wasm_bindgen::JsValue;
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
async fn keys_are_listed_in_order_and_removed() {
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

/// Opens a database past our own code, and puts a value there.
async fn put(name: &str, version: u32, value: &JsValue) -> Database {
    let mut opening = Factory::new().expect("storage").open(name, Some(version)).expect("asked");
    opening.on_upgrade_needed(|event| {
        let database = event.database().expect("a database");
        if database.store_names().is_empty() {
            database.create_object_store("kept", ObjectStoreParams::new()).expect("made");
        }
    });
    let database = opening.await.expect("opened");
    let writing = database.transaction(&["kept"], TransactionMode::ReadWrite).expect("begun");
    let store = writing.object_store("kept").expect("the store");
    store.put(value, Some(&JsValue::from_str("a"))).expect("asked").await.expect("put");
    writing.commit().expect("asked").await.expect("kept");
    database
}

#[test]
async fn a_value_that_is_not_text_is_an_error_and_can_be_set_aside() {
    put("foreign", 1, &JsValue::from_f64(42.0)).await.close();
    let storage = Storage::open("foreign").await.expect("storage");
    let error = storage.get("a").await.expect_err("no text").to_string();
    assert!(error.ends_with("expected text, found a value of type number"), "{error}");
    assert_eq!(storage.set_aside("a").await, Ok(Some("unread/a/1".to_owned())));
    assert_eq!(storage.set_aside("a").await, Ok(Some("unread/a/2".to_owned())), "no copy is written over");
    assert_eq!(storage.set_aside("b").await, Ok(None));
    assert!(storage.get("unread/a/1").await.is_err(), "it is copied as it is");
}

#[test]
async fn a_database_of_a_later_version_is_named_as_such() {
    put("later", 7, &JsValue::from_str("of tomorrow")).await.close();
    let error = Storage::open("later").await.err().expect("refused").to_string();
    assert!(error.contains("a later version of Sockscope made it"), "{error}");
}

#[test]
async fn a_database_that_another_tab_blocks_is_given_up() {
    // One holds it and does not let go, another waits to change its layout: the next one waits behind both.
    let holder = put("blocked", 1, &JsValue::from_str("held")).await;
    let mut changing = Factory::new().expect("storage").open("blocked", Some(2)).expect("asked");
    changing.on_blocked(|_| {});
    let error = Storage::open("blocked").await.err().expect("given up").to_string();
    assert!(error.contains("did not open within 5 s"), "{error}");
    holder.close();
}
