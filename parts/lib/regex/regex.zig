//! Regular expressions as ECMA-262 has them, as far as they are regular: time grows with the text and with the pattern,
//! whatever they are. Whether a pattern is found is answered in one pass, in which all ways through it are followed at the
//! same time (Thompson's construction); where, and with which groups, is for `finder`. What cannot be matched in such a
//! way (look-around, back references), and properties of Unicode other than general categories, are refused by name.

const std = @import("std");
const part = @import("../part.zig");
const unicode = part.unicode;
const gpa = part.gpa;
const parser = @import("parser.zig");

pub const Finder = @import("finder.zig").Finder;
pub const Match = @import("finder.zig").Match;
pub const compile = parser.compile;
pub const Error = parser.Error;

/// As the letters i, m and s behind a pattern have them; and whether anybody asks for groups.
pub const Flags = struct { ignore_case: bool = false, multiline: bool = false, dot_all: bool = false, groups: bool = false };

/// A group, in the order of their opening brackets: where in the pattern it opens, and its name if it has one.
pub const Group = struct { opened: usize, name: []const u8 };

pub const Range = struct { first: u21, last: u21 };
/// The ranges are in order.
pub const Set = struct { ranges: []const Range, negated: bool };

pub const Instruction = union(enum) {
    point: u21,
    any,
    set: Set,
    split: [2]usize,
    jump: usize,
    save: usize,
    start,
    end,
    line_start,
    line_end,
    boundary: bool,
    match,

    /// Whether it takes a character; all others only say how to go on.
    pub fn takes(self: Instruction) bool {
        return self == .point or self == .any or self == .set;
    }

    /// Whether it lets pass between two characters (null at the ends of the text).
    pub fn holds(self: Instruction, before: ?u21, after: ?u21) bool {
        return switch (self) {
            .start => before == null,
            .end => after == null,
            .line_start => before == null or isLineEnd(before.?),
            .line_end => after == null or isLineEnd(after.?),
            .boundary => |wanted| (isPlainWord(before) != isPlainWord(after)) == wanted,
            else => true,
        };
    }
};

pub const Regex = struct {
    program: []const Instruction,
    flags: Flags,
    groups: []const Group,
    /// Made for the first text and used for all.
    threads: *?[2]Threads,

    /// Whether the pattern is found anywhere in the text.
    pub fn matches(self: Regex, text: []const u8) error{OutOfMemory}!bool {
        if (self.threads.* == null) self.threads.* = .{ try .init(self.program.len), try .init(self.program.len) };
        var now, var next = self.threads.*.?;
        defer self.threads.* = .{ now, next };
        now.clear();
        next.clear();
        var it = unicode.points(text);
        var before: ?u21 = null;
        while (true) {
            var ahead = it;
            const point = ahead.nextCodepoint();
            if (self.follow(&now, 0, before, point)) return true;
            const here = point orelse return false;
            next.clear();
            for (now.list.items) |at| {
                if (self.accepts(at, here)) next.pending.appendAssumeCapacity(at + 1);
            }
            it = ahead;
            before = here;
            std.mem.swap(Threads, &now, &next);
            now.list.clearRetainingCapacity();
            var after = it;
            const following = after.nextCodepoint();
            const waiting = now.pending.items.len;
            for (0..waiting) |i| if (self.follow(&now, now.pending.items[i], before, following)) return true;
        }
    }

    /// Goes on from a place through everything that takes no character; true when the end of the pattern is reached.
    fn follow(self: Regex, threads: *Threads, from: usize, before: ?u21, after: ?u21) bool {
        var todo = &threads.todo;
        todo.clearRetainingCapacity();
        todo.appendAssumeCapacity(from);
        while (todo.pop()) |at| {
            if (threads.seen[at] == threads.turn) continue;
            threads.seen[at] = threads.turn;
            switch (self.program[at]) {
                .match => return true,
                .jump => |to| todo.appendAssumeCapacity(to),
                .split => |to| {
                    todo.appendAssumeCapacity(to[1]);
                    todo.appendAssumeCapacity(to[0]);
                },
                .point, .any, .set => threads.list.appendAssumeCapacity(at),
                else => if (self.program[at].holds(before, after)) todo.appendAssumeCapacity(at + 1),
            }
        }
        return false;
    }

    /// Whether the instruction at a place in the program takes a character.
    pub fn accepts(self: Regex, at: usize, point: u21) bool {
        return switch (self.program[at]) {
            .point => |wanted| wanted == point or (self.flags.ignore_case and unicode.lowerPoint(wanted) == unicode.lowerPoint(point)),
            .any => !isLineEnd(point),
            .set => |set| self.isIn(set.ranges, point) != set.negated,
            else => false,
        };
    }

    fn isIn(self: Regex, ranges: []const Range, point: u21) bool {
        if (contains(ranges, point)) return true;
        return self.flags.ignore_case and (contains(ranges, unicode.lowerPoint(point)) or contains(ranges, unicode.upperPoint(point)));
    }
};

/// The places in the program that are alive at one place in the text.
pub const Threads = struct {
    list: std.ArrayList(usize),
    pending: std.ArrayList(usize),
    todo: std.ArrayList(usize),
    seen: []usize,
    turn: usize = 1,

    fn init(size: usize) error{OutOfMemory}!Threads {
        const seen = try gpa.alloc(usize, size);
        @memset(seen, 0);
        return .{
            .list = try std.ArrayList(usize).initCapacity(gpa, size + 1),
            .pending = try std.ArrayList(usize).initCapacity(gpa, size + 1),
            .todo = try std.ArrayList(usize).initCapacity(gpa, 2 * size + 2),
            .seen = seen,
        };
    }

    fn clear(self: *Threads) void {
        self.list.clearRetainingCapacity();
        self.pending.clearRetainingCapacity();
        self.turn += 1;
    }
};

fn contains(ranges: []const Range, point: u21) bool {
    var low: usize = 0;
    var high: usize = ranges.len;
    while (low < high) {
        const middle = (low + high) / 2;
        if (ranges[middle].last < point) low = middle + 1 else high = middle;
    }
    return low < ranges.len and ranges[low].first <= point;
}

fn isLineEnd(point: u21) bool {
    return point == '\n' or point == '\r' or point == 0x2028 or point == 0x2029;
}

fn isPlainWord(point: ?u21) bool {
    const found = point orelse return false;
    return found == '_' or (found < 128 and std.ascii.isAlphanumeric(@intCast(found)));
}

/// What is wrong with a pattern, for its author.
pub fn explain(wrong: Error) []const u8 {
    return switch (wrong) {
        error.OutOfMemory, error.TooLarge => "is too large",
        error.Malformed => "is not a regular expression",
        error.Unsupported => "uses what is not supported: look-around and back references cannot be matched in linear time, and \\p{...} knows general categories only",
    };
}
