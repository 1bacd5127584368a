//! Where a pattern is found in a text, all places one after the other, with their groups.
//!
//! The text is gone through from its end first, to know for each place and each instruction whether the end of the pattern
//! can be reached from there. With that, going from the beginning needs no second try: at each place the first way, in
//! the order that the pattern prefers, that is known to lead to its end is the one. So a search costs as much as the text
//! is long, times the pattern, however many places there are and however far a pattern would look in vain.
//!
//! What is known of all places would need too much room; it is kept for every `block`th, and worked out again for those
//! between when they are reached.

const std = @import("std");
const part = @import("../part.zig");
const regex = @import("regex.zig");
const gpa = part.gpa;
const OutOfMemory = error{OutOfMemory};

const block = 1024;
const nowhere = std.math.maxInt(usize);

/// For each instruction whether the end of the pattern can be reached from it.
const Row = []bool;

/// Bytes from and up to, for the whole and for each group; null for a group that took no part.
pub const Match = []const ?[2]usize;

pub const Finder = struct {
    pattern: regex.Regex,
    text: []const u8,
    /// For each instruction those that go on with it and take no character.
    before: []const []const usize,
    takers: []const usize,
    /// The row of the first place in each block, and of the end of the text.
    kept: []const Row,
    rows: Row,
    block_here: usize = nowhere,
    todo: std.ArrayList(usize),
    way: Way,
    /// Where the groups of the match that is being followed begin and end.
    slots: []?usize,
    at: usize = 0,
    done: bool = false,

    pub fn of(pattern: regex.Regex, text: []const u8) OutOfMemory!Finder {
        const size = pattern.program.len;
        var takers: std.ArrayList(usize) = .empty;
        for (pattern.program, 0..) |instruction, i| if (instruction.takes()) try takers.append(gpa, i);
        const kept = try gpa.alloc(Row, text.len / block + 2);
        for (kept) |*slot| slot.* = try gpa.alloc(bool, size);
        var self = Finder{
            .pattern = pattern,
            .text = text,
            .before = try reversed(pattern.program),
            .takers = takers.items,
            .kept = kept,
            .rows = try gpa.alloc(bool, (block + 4) * size),
            .todo = try .initCapacity(gpa, size + 1),
            .way = try Way.init(size),
            .slots = try gpa.alloc(?usize, 2 * pattern.groups.len + 2),
        };
        self.reach(text.len, null, kept[kept.len - 1]);
        var number = kept.len - 1;
        while (number > 0) {
            number -= 1;
            self.fill(number);
            @memcpy(kept[number], self.row(self.first(number)));
        }
        return self;
    }

    /// The next place, behind the last one; a match of nothing goes on by one character.
    pub fn next(self: *Finder) OutOfMemory!?Match {
        while (!self.done) {
            const from = self.at;
            self.done = from == self.text.len;
            if (!self.leads(0, from)) {
                self.at += self.width(from);
                continue;
            }
            const found = try self.follow(from);
            const end = found[0].?[1];
            self.at = if (end > from) end else from + self.width(from);
            self.done = end == self.text.len and end == from;
            return found;
        }
        return null;
    }

    fn width(self: *const Finder, at: usize) usize {
        return if (at < self.text.len) std.unicode.utf8ByteSequenceLength(self.text[at]) catch unreachable else 0;
    }

    fn pointAt(self: *const Finder, at: usize) ?u21 {
        return if (at < self.text.len) std.unicode.utf8Decode(self.text[at..][0..self.width(at)]) catch unreachable else null;
    }

    fn pointBefore(self: *const Finder, at: usize) ?u21 {
        return if (at > 0) self.pointAt(at - part.unicode.lastCharacter(self.text[0..at]).len) else null;
    }

    /// The first place in a block.
    fn first(self: *const Finder, number: usize) usize {
        var at = @min(number * block, self.text.len);
        while (at < self.text.len and self.text[at] & 0xC0 == 0x80) at += 1;
        return at;
    }

    fn row(self: *const Finder, at: usize) Row {
        const size = self.pattern.program.len;
        return self.rows[(at - self.first(self.block_here)) * size ..][0..size];
    }

    /// Work out all rows of a block from the first row of the next one.
    fn fill(self: *Finder, number: usize) void {
        self.block_here = number;
        const start = self.first(number);
        var at = self.first(number + 1);
        var after: Row = self.kept[number + 1];
        if (at == start) return @memcpy(self.row(at), after);
        while (at > start) {
            at -= part.unicode.lastCharacter(self.text[0..at]).len;
            self.reach(at, after, self.row(at));
            after = self.row(at);
        }
    }

    fn leads(self: *Finder, instruction: usize, at: usize) bool {
        if (at == self.text.len) return self.kept[self.kept.len - 1][instruction];
        if (self.block_here != at / block) self.fill(at / block);
        return self.row(at)[instruction];
    }

    /// From which instructions the end can be reached at a place, when it is known for the place behind it.
    fn reach(self: *Finder, at: usize, after: ?Row, out: Row) void {
        @memset(out, false);
        const end = self.pattern.program.len - 1;
        out[end] = true;
        self.todo.appendAssumeCapacity(end);
        const point = self.pointAt(at);
        if (point) |here| for (self.takers) |taker| {
            out[taker] = after.?[taker + 1] and self.pattern.accepts(taker, here);
            if (out[taker]) self.todo.appendAssumeCapacity(taker);
        };
        const previous = self.pointBefore(at);
        while (self.todo.pop()) |reached| for (self.before[reached]) |earlier| {
            if (out[earlier] or !self.pattern.program[earlier].holds(previous, point)) continue;
            out[earlier] = true;
            self.todo.appendAssumeCapacity(earlier);
        };
    }

    fn follow(self: *Finder, from: usize) OutOfMemory!Match {
        @memset(self.slots, null);
        var at = from;
        var instruction: usize = 0;
        while (true) {
            instruction = self.way.toTaker(self, instruction, at);
            self.way.save(self.pattern.program, instruction, self.slots, at);
            if (self.pattern.program[instruction] == .match) break;
            at += self.width(at);
            instruction += 1;
        }
        self.slots[0], self.slots[1] = .{ from, at };
        const found = try gpa.alloc(?[2]usize, self.slots.len / 2);
        for (found, 0..) |*group, i| {
            group.* = if (self.slots[2 * i]) |begin| if (self.slots[2 * i + 1]) |end| .{ begin, end } else null else null;
        }
        return found;
    }
};

/// The instructions that take no character between one place and the next.
const Way = struct {
    seen: []usize,
    came_from: []usize,
    todo: std.ArrayList([2]usize),
    turn: usize = 0,

    fn init(size: usize) OutOfMemory!Way {
        const seen = try gpa.alloc(usize, size);
        @memset(seen, 0);
        return .{ .seen = seen, .came_from = try gpa.alloc(usize, size), .todo = try .initCapacity(gpa, 2 * size + 2) };
    }

    /// The first instruction, in order of preference, that takes the character here (or ends the pattern) and leads on.
    fn toTaker(self: *Way, finder: *Finder, from: usize, at: usize) usize {
        self.turn += 1;
        self.todo.clearRetainingCapacity();
        self.todo.appendAssumeCapacity(.{ from, nowhere });
        while (self.todo.pop()) |step| {
            const here = step[0];
            if (self.seen[here] == self.turn or !finder.leads(here, at)) continue;
            self.seen[here] = self.turn;
            self.came_from[here] = step[1];
            switch (finder.pattern.program[here]) {
                .point, .any, .set, .match => return here,
                .jump => |to| self.todo.appendAssumeCapacity(.{ to, here }),
                .split => |to| for ([_]usize{ to[1], to[0] }) |one| self.todo.appendAssumeCapacity(.{ one, here }),
                else => self.todo.appendAssumeCapacity(.{ here + 1, here }),
            }
        }
        unreachable; // only instructions that lead to the end are gone to
    }

    /// Note where groups begin and end that were passed on the way to an instruction.
    fn save(self: *Way, program: []const regex.Instruction, to: usize, slots: []?usize, at: usize) void {
        var here = to;
        while (here != nowhere) : (here = self.came_from[here]) {
            if (program[here] == .save) slots[program[here].save] = at;
        }
    }
};

fn reversed(program: []const regex.Instruction) OutOfMemory![]const []const usize {
    const lists = try gpa.alloc(std.ArrayList(usize), program.len);
    @memset(lists, .empty);
    for (program, 0..) |instruction, i| switch (instruction) {
        .point, .any, .set, .match => {},
        .jump => |to| try lists[to].append(gpa, i),
        .split => |to| for (to) |one| try lists[one].append(gpa, i),
        else => try lists[i + 1].append(gpa, i),
    };
    const out = try gpa.alloc([]const usize, program.len);
    for (lists, out) |list, *slot| slot.* = list.items;
    return out;
}
