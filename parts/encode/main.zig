//! `encode`: a text in another spelling and back: base64 (two alphabets), hex, URL, form, HTML, JSON string.
//! Texts go in and come out as UTF-8; bytes that are none cannot be a JSON text and are refused by name.

const std = @import("std");
const part = @import("part");
const entities = @import("entities.zig");
const encoding = part.encoding;
const Error = part.Error;
const gpa = part.gpa;

const Operation = enum {
    base64_encode, base64_decode, base64url_encode, base64url_decode, hex_encode, hex_decode,
    url_encode, url_decode, url_path_encode, form_encode, form_decode, html_encode, html_decode,
    json_encode, json_decode,
};

pub fn run(input: part.Input) Error!part.Value {
    const operation = try input.choice("operation", Operation, null);
    const text = try input.text("text");
    const out = switch (operation) {
        .base64_encode => try encoding.base64(text, .{ .pad = try input.boolOr("padding", true) }),
        .base64url_encode => try encoding.base64(text, .{ .url = true, .pad = try input.boolOr("padding", false) }),
        .base64_decode, .base64url_decode => try decoded(encoding.fromBase64(text), "base64"),
        .hex_encode => try encoding.hex(text),
        .hex_decode => try decoded(encoding.fromHex(text), "hexadecimal"),
        .url_encode => try encoding.percent(text, "", "%20"),
        .url_path_encode => try encoding.percent(text, "/:@!$&'()*+,;=", "%20"),
        .form_encode => try encoding.percent(text, "", "+"),
        .url_decode => try decoded(encoding.fromPercent(text, false), "URL-encoded"),
        .form_decode => try decoded(encoding.fromPercent(text, true), "form-encoded"),
        .html_encode => try encoding.html(text),
        .html_decode => try entities.decode(text),
        .json_encode => try part.json_write.write(gpa, .{ .text = text }, .{}),
        .json_decode => try jsonText(text),
    };
    return part.result(.{ .text = out });
}

fn decoded(bytes: encoding.Error![]const u8, name: []const u8) Error![]const u8 {
    const found = bytes catch |err| switch (err) {
        error.OutOfMemory => return error.OutOfMemory,
        error.Malformed => return part.badInput(&.{ "`text` is not ", name }),
    };
    if (std.unicode.utf8ValidateSlice(found)) return found;
    return part.fail("not_text", &.{"what is encoded there is not text in UTF-8; leave it encoded and pass it on as it is"});
}

fn jsonText(text: []const u8) Error![]const u8 {
    const value = part.json.read(gpa, text) catch |err| return part.badInput(&.{ "`text` is not JSON: ", part.json.explain(err) });
    return if (value == .text) value.text else part.badInput(&.{ "`text` holds a ", value.kind(), " and not a string in JSON; use json_ops" });
}
