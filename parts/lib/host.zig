//! The one way to the outside: `cypher.call`, a request in JSON and an answer in JSON.
//! A part that uses this file imports the function and is not pure; nothing else decides that.

const std = @import("std");
const part = @import("part.zig");
const gpa = part.gpa;

extern "cypher" fn call(request: [*]const u8, request_len: usize, answer: [*]u8, answer_capacity: usize) i32;

/// Asks the host and gives its answer; an answer that says `ok: false` ends the part with the error that it holds.
pub fn ask(request: part.Map) part.Error!part.Map {
    const answer = try exchange(try part.json_write.write(gpa, .{ .map = request }, .{}));
    const value = part.json.read(gpa, answer) catch |err| return unexpected(part.json.explain(err));
    if (value != .map) return unexpected("it is not a map");
    const ok = value.map.get("ok") orelse return unexpected("it has no `ok`");
    if (ok == .bool and ok.bool) return value.map;
    const problem = value.map.get("error") orelse return unexpected("it has no `error`");
    return if (problem == .map) part.failMap(problem.map) else unexpected("its `error` is not a map");
}

/// An answer that does not fit (-1 minus the length that it needs) is asked for again with room enough.
fn exchange(request: []const u8) part.Error![]const u8 {
    var room = try gpa.alloc(u8, 16 * 1024);
    while (true) {
        const got = call(request.ptr, request.len, room.ptr, room.len);
        if (got >= 0) return room[0..@intCast(got)];
        const needed: usize = @intCast(-1 - got);
        if (needed <= room.len) return unexpected("its length makes no sense");
        room = try gpa.alloc(u8, needed);
    }
}

fn unexpected(what: []const u8) part.Error {
    return part.fail("bad_answer", &.{ "the host's answer to a call cannot be used: ", what });
}
