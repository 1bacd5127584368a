//! Where the runs of backticks in a text are, by their lengths: code ends at the next run that is as long as the one that
//! begins it. They are looked up from the left to the right, so each is passed once.

const std = @import("std");
const gpa = @import("../part.zig").gpa;
const OutOfMemory = error{OutOfMemory};

const Places = struct { list: std.ArrayList(usize) = .empty, passed: usize = 0 };

pub const Ticks = struct {
    runs: std.AutoHashMapUnmanaged(usize, Places) = .empty,

    pub fn of(text: []const u8) OutOfMemory!Ticks {
        var self: Ticks = .{};
        var at: usize = 0;
        while (std.mem.indexOfScalarPos(u8, text, at, '`')) |found| {
            at = std.mem.indexOfNonePos(u8, text, found, "`") orelse text.len;
            const slot = try self.runs.getOrPut(gpa, at - found);
            if (!slot.found_existing) slot.value_ptr.* = .{};
            try slot.value_ptr.list.append(gpa, found);
        }
        return self;
    }

    /// The first run of this length at or behind `from`, which is never before the one of an earlier question.
    pub fn next(self: *Ticks, length: usize, from: usize) ?usize {
        const places = self.runs.getPtr(length) orelse return null;
        while (places.passed < places.list.items.len) : (places.passed += 1) {
            if (places.list.items[places.passed] >= from) return places.list.items[places.passed];
        }
        return null;
    }
};
