//! Regular expressions as `pattern` means them (ECMA-262), as far as they are regular: the text is read once, whatever
//! the pattern, because all ways through it are followed at the same time (Thompson's construction). What cannot be
//! matched in this way (look-around, back references) and Unicode properties are refused by name.

const std = @import("std");
const part = @import("../part.zig");
const unicode = part.unicode;
const gpa = part.gpa;
const Parser = @import("parser.zig");

pub const Range = struct { first: u21, last: u21 };
pub const Set = struct { ranges: []const Range, negated: bool };

pub const Instruction = union(enum) {
    point: u21,
    any,
    set: Set,
    split: [2]usize,
    jump: usize,
    start,
    end,
    boundary: bool,
    match,
};

pub const Regex = struct {
    program: []const Instruction,

    /// Whether the pattern is found anywhere in the text.
    pub fn matches(self: Regex, text: []const u8) error{OutOfMemory}!bool {
        var now = try Threads.init(self.program.len);
        var next = try Threads.init(self.program.len);
        var it = unicode.points(text);
        var before: ?u21 = null;
        while (true) {
            var ahead = it;
            const point = ahead.nextCodepoint();
            if (self.follow(&now, 0, before, point)) return true;
            const here = point orelse return false;
            next.clear();
            for (now.list.items) |at| {
                if (accepts(self.program[at], here)) next.pending.appendAssumeCapacity(at + 1);
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
                .start => if (before == null) todo.appendAssumeCapacity(at + 1),
                .end => if (after == null) todo.appendAssumeCapacity(at + 1),
                .boundary => |wanted| if ((isPlainWord(before) != isPlainWord(after)) == wanted) todo.appendAssumeCapacity(at + 1),
                .point, .any, .set => threads.list.appendAssumeCapacity(at),
            }
        }
        return false;
    }
};

/// The places in the program that are alive at one place in the text.
const Threads = struct {
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

fn accepts(instruction: Instruction, point: u21) bool {
    return switch (instruction) {
        .point => |wanted| wanted == point,
        .any => point != '\n' and point != '\r' and point != 0x2028 and point != 0x2029,
        .set => |set| contains(set.ranges, point) != set.negated,
        else => false,
    };
}

fn contains(ranges: []const Range, point: u21) bool {
    for (ranges) |range| if (point >= range.first and point <= range.last) return true;
    return false;
}

fn isPlainWord(point: ?u21) bool {
    const found = point orelse return false;
    return found == '_' or (found < 128 and std.ascii.isAlphanumeric(@intCast(found)));
}

pub fn compile(pattern: []const u8) Parser.Error!Regex {
    return .{ .program = try Parser.program(pattern) };
}
