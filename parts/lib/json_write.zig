//! Writing JSON: compact (or indented for people), UTF-8 as it is, only what must be escaped is escaped.

const std = @import("std");
const json = @import("json.zig");
const sort = @import("sort.zig");
const Value = json.Value;

pub const Error = error{ OutOfMemory, TooDeep };

pub const Options = struct {
    /// Spaces for each level; null writes everything on one line.
    indent: ?usize = null,
    sort_keys: bool = false,
};

pub const Writer = struct {
    gpa: std.mem.Allocator,
    out: std.ArrayList(u8) = .empty,
    options: Options = .{},

    pub fn value(self: *Writer, item: Value, depth: usize) Error!void {
        switch (item) {
            .null => try self.raw("null"),
            .bool => |b| try self.raw(if (b) "true" else "false"),
            .number => |n| try self.raw(n),
            .text => |t| try self.text(t),
            .list => |items| try self.list(items, depth + 1),
            .map => |entries| try self.map(entries, depth + 1),
        }
    }

    fn list(self: *Writer, items: []const Value, depth: usize) Error!void {
        if (depth > json.max_depth) return error.TooDeep;
        try self.raw("[");
        for (items, 0..) |item, i| {
            if (i > 0) try self.raw(",");
            try self.newLine(depth);
            try self.value(item, depth);
        }
        if (items.len > 0) try self.newLine(depth - 1);
        try self.raw("]");
    }

    fn map(self: *Writer, entries: json.Map, depth: usize) Error!void {
        if (depth > json.max_depth) return error.TooDeep;
        try self.raw("{");
        const order = if (self.options.sort_keys) try self.sortedIndexes(entries) else null;
        for (0..entries.count()) |i| {
            const at = if (order) |indexes| indexes[i] else i;
            if (i > 0) try self.raw(",");
            try self.newLine(depth);
            try self.text(entries.keys()[at]);
            try self.raw(if (self.options.indent == null) ":" else ": ");
            try self.value(entries.values()[at], depth);
        }
        if (entries.count() > 0) try self.newLine(depth - 1);
        try self.raw("}");
    }

    fn sortedIndexes(self: *Writer, entries: json.Map) Error![]usize {
        const indexes = try self.gpa.alloc(usize, entries.count());
        for (indexes, 0..) |*slot, i| slot.* = i;
        try sort.stable(usize, self.gpa, indexes, entries.keys(), struct {
            fn less(keys: []const []const u8, a: usize, b: usize) bool {
                return std.mem.order(u8, keys[a], keys[b]) == .lt;
            }
        }.less);
        return indexes;
    }

    fn newLine(self: *Writer, depth: usize) Error!void {
        const indent = self.options.indent orelse return;
        try self.raw("\n");
        try self.out.appendNTimes(self.gpa, ' ', indent * depth);
    }

    fn raw(self: *Writer, bytes: []const u8) Error!void {
        try self.out.appendSlice(self.gpa, bytes);
    }

    /// Bytes that need no escape go out in one piece.
    fn text(self: *Writer, bytes: []const u8) Error!void {
        try self.raw("\"");
        var start: usize = 0;
        for (bytes, 0..) |byte, i| {
            if (byte >= 0x20 and byte != '"' and byte != '\\') continue;
            try self.raw(bytes[start..i]);
            try self.escaped(byte);
            start = i + 1;
        }
        try self.raw(bytes[start..]);
        try self.raw("\"");
    }

    fn escaped(self: *Writer, byte: u8) Error!void {
        switch (byte) {
            '"' => try self.raw("\\\""),
            '\\' => try self.raw("\\\\"),
            '\n' => try self.raw("\\n"),
            '\r' => try self.raw("\\r"),
            '\t' => try self.raw("\\t"),
            else => {
                const digits = "0123456789abcdef";
                try self.raw(&.{ '\\', 'u', '0', '0', digits[byte >> 4], digits[byte & 15] });
            },
        }
    }
};

/// A value as JSON text.
pub fn write(gpa: std.mem.Allocator, item: Value, options: Options) Error![]const u8 {
    var writer = Writer{ .gpa = gpa, .options = options };
    try writer.value(item, 0);
    return writer.out.items;
}
