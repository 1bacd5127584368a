//! What the parts for S3 share: where an object lies, and a request for it that the host signs (AWS Signature Version 4),
//! unless its address is signed already.

const std = @import("std");
const part = @import("part.zig");
const Value = part.Value;
const Error = part.Error;
const gpa = part.gpa;

pub fn request(method: []const u8, input: part.Input) Error!part.Map {
    const presigned = input.get("url") != null;
    var out = try part.fields(.{
        .{ "op", Value{ .text = "http_request" } },
        .{ "method", Value{ .text = method } },
        .{ "url", Value{ .text = if (presigned) try part.http.url(input) else try address(input) } },
    });
    if (try input.optionalInt("timeout_ms", 1, 3_600_000)) |ms| try out.put(gpa, "timeout_ms", try part.integer(ms));
    if (!presigned and input.get("access_key") != null) try out.put(gpa, "sign", try signature(input));
    return out;
}

/// With an endpoint the bucket is part of the path, as most servers but Amazon's want it.
fn address(input: part.Input) Error![]const u8 {
    const bucket = try input.text("bucket");
    const plain = bucket.len >= 3 and bucket.len <= 63 and std.mem.indexOfNone(u8, bucket, "abcdefghijklmnopqrstuvwxyz0123456789.-") == null;
    if (!plain) return part.badInput(&.{ "`", bucket, "` is no name of a bucket: 3 to 63 small letters, digits, dots and hyphens" });
    const key = std.mem.trimLeft(u8, try input.text("key"), "/");
    if (key.len == 0) return part.badInput(&.{"`key` must not be empty"});
    const path = try part.encoding.percent(key, "/", "%20");
    const region = try regionOf(input);
    if (try input.optionalText("endpoint")) |endpoint| {
        if (!part.http.hasScheme(endpoint)) return part.badInput(&.{"`endpoint` must begin with http:// or https://"});
        return part.concat(&.{ std.mem.trimRight(u8, endpoint, "/"), "/", bucket, "/", path });
    }
    const dotted = std.mem.indexOfScalar(u8, bucket, '.') != null;
    if (dotted) return part.concat(&.{ "https://s3.", region, ".amazonaws.com/", bucket, "/", path });
    return part.concat(&.{ "https://", bucket, ".s3.", region, ".amazonaws.com/", path });
}

fn regionOf(input: part.Input) Error![]const u8 {
    return input.textOr("region", "us-east-1");
}

fn signature(input: part.Input) Error!Value {
    var sign = try part.fields(.{
        .{ "scheme", Value{ .text = "aws_sigv4" } },
        .{ "access_key", Value{ .text = try input.text("access_key") } },
        .{ "secret_key", Value{ .text = try input.text("secret_key") } },
        .{ "region", Value{ .text = try regionOf(input) } },
        .{ "service", Value{ .text = "s3" } },
    });
    if (try input.optionalText("session_token")) |token| try sign.put(gpa, "session_token", .{ .text = token });
    return .{ .map = sign };
}

/// A header of an answer, or null.
pub fn header(answer: part.Map, name: []const u8) Value {
    const headers = answer.get("headers") orelse return .null;
    return if (headers == .map) headers.map.get(name) orelse .null else .null;
}
