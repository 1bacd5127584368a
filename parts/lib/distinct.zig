//! Values that are looked up by what they are: many questions whether a list holds a value, in time that does not grow
//! with the list. Each value becomes a key of bytes, and two values are equal (see `compare`) exactly when their keys are.

const std = @import("std");
const json = @import("json.zig");
const decimal = @import("decimal.zig");
const sort = @import("sort.zig");
const gpa = @import("memory.zig").allocator;
const Value = json.Value;
const OutOfMemory = error{OutOfMemory};

pub const Distinct = struct {
    keys: std.StringArrayHashMapUnmanaged(void) = .empty,
    /// The key of the value that was asked for last: only keys of values that are kept are copied.
    last: std.ArrayList(u8) = .empty,

    pub fn of(items: []const Value) OutOfMemory!Distinct {
        var self: Distinct = .{};
        for (items) |item| _ = try self.add(item);
        return self;
    }

    /// False when it is there already.
    pub fn add(self: *Distinct, value: Value) OutOfMemory!bool {
        const known = self.keys.count();
        return try self.place(value) == known;
    }

    /// The number of a value: how many others came before it. It is added when it is not there.
    pub fn place(self: *Distinct, value: Value) OutOfMemory!usize {
        const slot = try self.keys.getOrPut(gpa, try self.keyOf(value));
        if (!slot.found_existing) slot.key_ptr.* = try gpa.dupe(u8, self.last.items);
        return slot.index;
    }

    pub fn find(self: *Distinct, value: Value) OutOfMemory!?usize {
        return self.keys.getIndex(try self.keyOf(value));
    }

    pub fn has(self: *Distinct, value: Value) OutOfMemory!bool {
        return try self.find(value) != null;
    }

    fn keyOf(self: *Distinct, value: Value) OutOfMemory![]const u8 {
        self.last.clearRetainingCapacity();
        try write(&self.last, value);
        return self.last.items;
    }
};

const Out = *std.ArrayList(u8);

fn write(out: Out, value: Value) OutOfMemory!void {
    switch (value) {
        .null => try out.append(gpa, 'n'),
        .bool => |found| try out.append(gpa, if (found) 't' else 'f'),
        .number => |found| try number(out, found),
        .text => |found| try text(out, found),
        .list => |items| {
            try out.append(gpa, '[');
            for (items) |item| try write(out, item);
            try out.append(gpa, ']');
        },
        .map => |map| {
            try out.append(gpa, '{');
            for (try inOrder(map)) |at| {
                try text(out, map.keys()[at]);
                try write(out, map.values()[at]);
            }
            try out.append(gpa, '}');
        },
    }
}

/// Its length comes first, so that no text can look like something else.
fn text(out: Out, found: []const u8) OutOfMemory!void {
    try out.print(gpa, "\"{d}:", .{found.len});
    try out.appendSlice(gpa, found);
}

/// Its digits without zeros at either end, and the power of ten of the last one.
fn number(out: Out, found: []const u8) OutOfMemory!void {
    const mark = std.mem.indexOfAny(u8, found, "eE") orelse found.len;
    var exponent = decimal.parseExponent(found[mark..]);
    try out.append(gpa, found[0]);
    if (found[0] != '-') out.items[out.items.len - 1] = '+';
    const start = out.items.len;
    var in_fraction = false;
    for (found[@intFromBool(found[0] == '-')..mark]) |byte| {
        if (byte == '.') in_fraction = true else {
            exponent -= @intFromBool(in_fraction);
            if (byte != '0' or out.items.len > start) try out.append(gpa, byte);
        }
    }
    while (out.items.len > start and out.items[out.items.len - 1] == '0') : (exponent += 1) out.items.len -= 1;
    if (out.items.len > start) return out.print(gpa, "e{d};", .{exponent});
    out.items.len = start - 1; // zero has no sign
    try out.append(gpa, '0');
}

fn inOrder(map: json.Map) OutOfMemory![]const usize {
    const places = try gpa.alloc(usize, map.count());
    for (places, 0..) |*slot, i| slot.* = i;
    try sort.stable(usize, gpa, places, map.keys(), before);
    return places;
}

fn before(keys: []const []const u8, a: usize, b: usize) bool {
    return std.mem.lessThan(u8, keys[a], keys[b]);
}
