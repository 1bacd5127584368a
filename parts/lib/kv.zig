//! What the parts of the key-value store share: how a key is written, and the request that names it.

const part = @import("part.zig");
const Value = part.Value;
const Error = part.Error;

const max_key_bytes = 512;

/// `{op, key}`, when `key` is one.
pub fn request(op: []const u8, input: part.Input) Error!part.Map {
    const key = try input.text("key");
    if (key.len == 0) return part.badInput(&.{"`key` must not be empty"});
    if (key.len > max_key_bytes) return part.badInput(&.{"`key` must have at most 512 bytes; use a hash of what it is made of"});
    return part.fields(.{ .{ "op", Value{ .text = op } }, .{ "key", Value{ .text = key } } });
}
