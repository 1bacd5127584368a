//! A plain WASI command: reads {"words": [...]} and writes how often each occurs, as JSON.
//!
//!     python -m ziglang build-exe -target wasm32-wasi -O ReleaseSmall -femit-bin=words.wasm main.zig
const std = @import("std");

const Given = struct { words: []const []const u8 };

fn before(_: void, one: []const u8, other: []const u8) bool {
    return std.mem.lessThan(u8, one, other);
}

pub fn main() !void {
    const memory = std.heap.wasm_allocator;
    const text = try std.fs.File.stdin().readToEndAlloc(memory, 1 << 20);
    const given = try std.json.parseFromSlice(Given, memory, text, .{});
    var sorted: std.ArrayList([]const u8) = .empty;
    var counts: std.ArrayList(u32) = .empty;
    var all: std.ArrayList([]const u8) = .empty;
    for (given.value.words) |word| try all.append(memory, try std.ascii.allocLowerString(memory, word));
    std.mem.sort([]const u8, all.items, {}, before);
    for (all.items) |word| {
        if (sorted.items.len == 0 or !std.mem.eql(u8, sorted.items[sorted.items.len - 1], word)) {
            try sorted.append(memory, word);
            try counts.append(memory, 0);
        }
        counts.items[counts.items.len - 1] += 1;
    }
    const began = try std.time.Instant.now();
    std.Thread.sleep(3 * std.time.ns_per_ms);
    const waited = (try std.time.Instant.now()).since(began) >= 3 * std.time.ns_per_ms;
    var buffer: [4096]u8 = undefined;
    var writer = std.fs.File.stdout().writer(&buffer);
    const out = &writer.interface;
    try out.writeAll("{\"counts\":{");
    for (sorted.items, counts.items, 0..) |word, n, i| try out.print("{s}\"{s}\":{d}", .{ if (i > 0) "," else "", word, n });
    try out.writeAll("},\"sorted\":[");
    for (sorted.items, 0..) |word, i| try out.print("{s}\"{s}\"", .{ if (i > 0) "," else "", word });
    var count: usize = undefined; // std.process.args of this version takes a program name for granted
    var size: usize = undefined;
    if (std.os.wasi.args_sizes_get(&count, &size) != .SUCCESS) return error.NoArguments;
    const missing = if (std.fs.cwd().openFile("passwd", .{})) |_| false else |_| true;
    const end = "],\"args\":{d},\"home\":\"\",\"waited\":{},\"missing\":{}}}\n";
    try out.print(end, .{ count, waited, missing });
    try out.flush();
}
