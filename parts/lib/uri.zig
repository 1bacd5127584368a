//! Addresses of schemas: a reference worked out against the address that it stands under (RFC 3986, section 5.2).

const std = @import("std");
const part = @import("part.zig");
const gpa = part.gpa;

/// The pieces of a reference; `path` is always there, and may be empty.
const Pieces = struct {
    scheme: ?[]const u8 = null,
    authority: ?[]const u8 = null,
    path: []const u8 = "",
    query: ?[]const u8 = null,
};

/// Everything before the fragment, and the fragment (without `#`); an empty one when there is none.
pub const Split = struct { address: []const u8, fragment: []const u8 };

pub fn split(reference: []const u8) Split {
    const mark = std.mem.indexOfScalar(u8, reference, '#') orelse return .{ .address = reference, .fragment = "" };
    return .{ .address = reference[0..mark], .fragment = reference[mark + 1 ..] };
}

/// The address that `reference` (without a fragment) means where `base` is the address of what it stands in.
pub fn resolve(base: []const u8, reference: []const u8) error{OutOfMemory}![]const u8 {
    if (reference.len == 0) return base;
    const given, const under = .{ read(reference), read(base) };
    if (given.scheme != null) return write(.{ .scheme = given.scheme, .authority = given.authority, .path = try tidy(given.path), .query = given.query });
    if (given.authority != null) return write(.{ .scheme = under.scheme, .authority = given.authority, .path = try tidy(given.path), .query = given.query });
    const path = if (given.path.len == 0)
        under.path
    else if (given.path[0] == '/')
        try tidy(given.path)
    else
        try tidy(try beside(under, given.path));
    const query = if (given.path.len == 0 and given.query == null) under.query else given.query;
    return write(.{ .scheme = under.scheme, .authority = under.authority, .path = path, .query = query });
}

fn read(text: []const u8) Pieces {
    var found = Pieces{};
    var rest = text;
    if (std.mem.indexOfAny(u8, rest, ":/?")) |at| if (at > 0 and rest[at] == ':') {
        found.scheme = rest[0..at];
        rest = rest[at + 1 ..];
    };
    if (std.mem.indexOfScalar(u8, rest, '?')) |at| {
        found.query = rest[at + 1 ..];
        rest = rest[0..at];
    }
    if (std.mem.startsWith(u8, rest, "//")) {
        const end = std.mem.indexOfScalarPos(u8, rest, 2, '/') orelse rest.len;
        found.authority = rest[2..end];
        rest = rest[end..];
    }
    found.path = rest;
    return found;
}

fn write(pieces: Pieces) error{OutOfMemory}![]const u8 {
    var out: std.ArrayList(u8) = .empty;
    if (pieces.scheme) |scheme| try out.print(gpa, "{s}:", .{scheme});
    if (pieces.authority) |authority| try out.print(gpa, "//{s}", .{authority});
    try out.appendSlice(gpa, pieces.path);
    if (pieces.query) |query| try out.print(gpa, "?{s}", .{query});
    return out.items;
}

/// A relative path in the folder of the base's path.
fn beside(base: Pieces, path: []const u8) error{OutOfMemory}![]const u8 {
    if (base.authority != null and base.path.len == 0) return part.concat(&.{ "/", path });
    const end = if (std.mem.lastIndexOfScalar(u8, base.path, '/')) |at| at + 1 else 0;
    return part.concat(&.{ base.path[0..end], path });
}

/// A path without `.` and `..`.
fn tidy(path: []const u8) error{OutOfMemory}![]const u8 {
    var kept: std.ArrayList([]const u8) = .empty;
    const rooted = path.len > 0 and path[0] == '/';
    var segments = std.mem.splitScalar(u8, if (rooted) path[1..] else path, '/');
    var folder = false;
    while (segments.next()) |segment| {
        folder = std.mem.eql(u8, segment, "..") or std.mem.eql(u8, segment, ".");
        if (!folder) try kept.append(gpa, segment);
        if (segment.len == 2 and folder) _ = kept.pop();
    }
    if (folder) try kept.append(gpa, "");
    return part.concat(&.{ if (rooted) "/" else "", try std.mem.join(gpa, "/", kept.items) });
}
