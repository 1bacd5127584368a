//! A part: one JSON map in on standard input, one JSON value out on standard output.
//!
//! A failure is a value too: `{"error": {"code", "message", "retryable"}}`. `std.debug.print` writes into the step's log.

const std = @import("std");

const Input = struct { name: ?[]const u8 = null };
const Output = struct { greeting: []const u8 };
const Refusal = struct { @"error": struct { code: []const u8, message: []const u8, retryable: bool = false } };
const Answer = union(enum) { output: Output, refusal: Refusal };

fn run(memory: std.mem.Allocator, input: Input) !Answer {
    const name = input.name orelse "";
    if (name.len == 0) return refuse("`name` is missing; give it in the node's map");
    return .{ .output = .{ .greeting = try std.fmt.allocPrint(memory, "Hello, {s}!", .{name}) } };
}

fn refuse(message: []const u8) Answer {
    return .{ .refusal = .{ .@"error" = .{ .code = "bad_input", .message = message } } };
}

pub fn main() !void {
    const memory = std.heap.wasm_allocator; // One call, one instance: nothing has to be given back.
    const given = try std.fs.File.stdin().readToEndAlloc(memory, 64 << 20);
    const answer = if (std.json.parseFromSliceLeaky(Input, memory, given, .{ .ignore_unknown_fields = true })) |input|
        try run(memory, input)
    else |_|
        refuse("`name` must be a text");
    var buffer: [4096]u8 = undefined;
    var writer = std.fs.File.stdout().writerStreaming(&buffer);
    switch (answer) {
        inline else => |value| try std.json.Stringify.value(value, .{}, &writer.interface),
    }
    try writer.interface.flush();
}
