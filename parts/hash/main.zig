//! `hash`: the digest of a text (its UTF-8 bytes, or bytes given in hex or base64), or with `key` an HMAC.
//! `md5` and `sha1` are there for old protocols; they protect nothing.

const std = @import("std");
const part = @import("part");
const Value = part.Value;
const Error = part.Error;
const gpa = part.gpa;
const hashes = std.crypto.hash;

const Algorithm = enum { md5, sha1, sha224, sha256, sha384, sha512, crc32 };
const Encoding = enum { hex, base64, base64url };
const Given = enum { utf8, hex, base64 };

pub fn run(input: part.Input) Error!Value {
    const text = try bytesOf(try input.text("text"), try input.choice("text_encoding", Given, .utf8), "text");
    const key = if (try input.optionalText("key")) |given| try bytesOf(given, try input.choice("key_encoding", Given, .utf8), "key") else null;
    const encoding = try input.choice("encoding", Encoding, .hex);
    const digest = switch (try input.choice("algorithm", Algorithm, .sha256)) {
        .md5 => try digestOf(hashes.Md5, text, key),
        .sha1 => try digestOf(hashes.Sha1, text, key),
        .sha224 => try digestOf(hashes.sha2.Sha224, text, key),
        .sha256 => try digestOf(hashes.sha2.Sha256, text, key),
        .sha384 => try digestOf(hashes.sha2.Sha384, text, key),
        .sha512 => try digestOf(hashes.sha2.Sha512, text, key),
        .crc32 => try checksum(text, key),
    };
    return part.result(.{ .text = try encoded(digest, encoding) });
}

fn digestOf(comptime Hash: type, text: []const u8, key: ?[]const u8) Error![]const u8 {
    const out = try gpa.alloc(u8, Hash.digest_length);
    const slot = out[0..Hash.digest_length];
    if (key) |secret| std.crypto.auth.hmac.Hmac(Hash).create(slot, text, secret) else Hash.hash(text, slot, .{});
    return out;
}

fn checksum(text: []const u8, key: ?[]const u8) Error![]const u8 {
    if (key != null) return part.badInput(&.{"crc32 is a checksum and takes no `key`; use sha256"});
    const out = try gpa.alloc(u8, 4);
    std.mem.writeInt(u32, out[0..4], std.hash.Crc32.hash(text), .big);
    return out;
}

fn bytesOf(text: []const u8, given: Given, field: []const u8) Error![]const u8 {
    return switch (given) {
        .utf8 => text,
        .hex => part.encoding.fromHex(text) catch |err| refuse(err, field, "hexadecimal"),
        .base64 => part.encoding.fromBase64(text) catch |err| refuse(err, field, "base64"),
    };
}

fn refuse(err: part.encoding.Error, field: []const u8, name: []const u8) Error {
    return switch (err) {
        error.OutOfMemory => error.OutOfMemory,
        error.Malformed => part.badInput(&.{ "`", field, "` is not ", name }),
    };
}

fn encoded(digest: []const u8, encoding: Encoding) Error![]const u8 {
    return switch (encoding) {
        .hex => part.encoding.hex(digest),
        .base64 => part.encoding.base64(digest, .{}),
        .base64url => part.encoding.base64(digest, .{ .url = true }),
    };
}
