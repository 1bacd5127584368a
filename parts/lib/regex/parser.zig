//! Reads a pattern and writes the program that matches it, in one go. A repeated piece is read again for each copy of
//! it, within bounds: what would make too large a program is refused.

const std = @import("std");
const part = @import("../part.zig");
const regex = @import("regex.zig");
const unicode = part.unicode;
const gpa = part.gpa;
const Range = regex.Range;
const quantifier = @import("quantifier.zig");
const shorthands = @import("shorthands.zig");
const categories = @import("categories.zig");
const Set = regex.Set;
const Instruction = regex.Instruction;

pub const Error = error{ OutOfMemory, Unsupported, Malformed, TooLarge };

const max_program = 4096;
const max_work = 50_000;
const max_groups = 50;

pub fn compile(pattern: []const u8, flags: regex.Flags) Error!regex.Regex {
    var parser = Parser{ .source = pattern, .flags = flags };
    try parser.alternatives(0);
    if (parser.at < pattern.len) return error.Malformed;
    try parser.emit(.match);
    const threads = try gpa.create(?[2]regex.Threads);
    threads.* = null;
    return .{ .program = parser.program.items, .flags = flags, .groups = parser.groups.items, .threads = threads };
}

pub const Parser = struct {
    source: []const u8,
    at: usize = 0,
    flags: regex.Flags,
    work: usize = 0,
    program: std.ArrayList(Instruction) = .empty,
    groups: std.ArrayList(regex.Group) = .empty,

    fn emit(self: *Parser, instruction: Instruction) Error!void {
        if (self.program.items.len == max_program) return error.TooLarge;
        try self.program.append(gpa, instruction);
    }

    fn here(self: Parser) usize {
        return self.program.items.len;
    }

    pub fn peek(self: Parser) ?u8 {
        return if (self.at < self.source.len) self.source[self.at] else null;
    }

    pub fn take(self: *Parser, byte: u8) bool {
        if (self.peek() != byte) return false;
        self.at += 1;
        return true;
    }

    fn point(self: *Parser) Error!u21 {
        var it = unicode.points(self.source);
        it.i = self.at;
        const found = it.nextCodepoint() orelse return error.Malformed;
        self.at = it.i;
        return found;
    }

    /// `a|b|c`: each branch but the last is preceded by a split whose other way is patched when the branch has ended.
    fn alternatives(self: *Parser, depth: usize) Error!void {
        if (depth > max_groups) return error.TooLarge;
        var exits: std.ArrayList(usize) = .empty;
        while (true) {
            const branch = self.here();
            try self.emit(.{ .split = .{ branch + 1, branch + 1 } });
            try self.sequence(depth);
            if (!self.take('|')) break;
            try exits.append(gpa, self.here());
            try self.emit(.{ .jump = 0 });
            self.program.items[branch].split[1] = self.here();
        }
        for (exits.items) |exit| self.program.items[exit] = .{ .jump = self.here() };
    }

    fn sequence(self: *Parser, depth: usize) Error!void {
        while (self.peek()) |byte| {
            if (byte == '|' or byte == ')') return;
            try self.repeated(depth);
        }
    }

    fn repeated(self: *Parser, depth: usize) Error!void {
        const source_start = self.at;
        const start = self.here();
        try self.atom(depth);
        const source_end = self.at;
        const count = try quantifier.read(self) orelse return;
        const behind = self.at;
        self.program.shrinkRetainingCapacity(start);
        for (0..count.low) |_| try self.again(source_start, depth);
        if (count.high) |high| try self.optional(source_start, depth, high - count.low, count.lazy) else {
            const loop = self.here();
            try self.emit(.{ .jump = 0 });
            try self.again(source_start, depth);
            try self.emit(.{ .jump = loop });
            self.decide(loop, count.lazy);
        }
        std.debug.assert(self.at == source_end or self.at == behind);
        self.at = behind;
    }

    fn again(self: *Parser, source_start: usize, depth: usize) Error!void {
        self.at = source_start;
        try self.atom(depth);
    }

    fn optional(self: *Parser, source_start: usize, depth: usize, count: usize, lazy: bool) Error!void {
        var exits: std.ArrayList(usize) = .empty;
        for (0..count) |_| {
            try exits.append(gpa, self.here());
            try self.emit(.{ .jump = 0 });
            try self.again(source_start, depth);
        }
        for (exits.items) |at| self.decide(at, lazy);
    }

    /// From here on, the instruction at `at` goes to the one behind it or to here: which of them first is for `lazy` to say.
    fn decide(self: *Parser, at: usize, lazy: bool) void {
        self.program.items[at] = .{ .split = if (lazy) .{ self.here(), at + 1 } else .{ at + 1, self.here() } };
    }

    fn atom(self: *Parser, depth: usize) Error!void {
        self.work += 1;
        if (self.work > max_work) return error.TooLarge;
        const byte = self.source[self.at];
        if (byte != '\\') _ = try self.point();
        switch (byte) {
            '(' => try self.group(depth),
            '[' => try self.emit(.{ .set = try self.class() }),
            '.' => try self.emit(if (self.flags.dot_all) .{ .set = .{ .ranges = &.{}, .negated = true } } else .any),
            '^' => try self.emit(if (self.flags.multiline) .line_start else .start),
            '$' => try self.emit(if (self.flags.multiline) .line_end else .end),
            '*', '+', '?', '{', '}', ']' => return error.Malformed,
            '\\' => try self.escape(),
            else => {
                self.at -= if (byte < 128) 1 else 0;
                if (byte >= 128) self.at -= std.unicode.utf8ByteSequenceLength(byte) catch unreachable;
                try self.emit(.{ .point = try self.point() });
            },
        }
    }

    fn group(self: *Parser, depth: usize) Error!void {
        const opened = self.at;
        var name: []const u8 = "";
        if (self.take('?') and !self.take(':')) {
            name = try self.groupName();
        } else if (self.at > opened) return self.inside(depth);
        if (!self.flags.groups) return self.inside(depth);
        const slot = 2 * (try self.groupAt(opened, name) + 1);
        try self.emit(.{ .save = slot });
        try self.inside(depth);
        try self.emit(.{ .save = slot + 1 });
    }

    fn inside(self: *Parser, depth: usize) Error!void {
        try self.alternatives(depth + 1);
        if (!self.take(')')) return error.Malformed;
    }

    fn groupName(self: *Parser) Error![]const u8 {
        if (!self.take('<')) return error.Unsupported;
        const start = self.at;
        while (self.peek()) |byte| : (self.at += 1) {
            if (byte == '>') break;
            const letter = std.ascii.isAlphabetic(byte) or byte == '_' or byte == '$' or byte >= 128;
            if (!letter and (self.at == start or !std.ascii.isDigit(byte))) return error.Unsupported;
        }
        if (self.at == start or !self.take('>')) return error.Malformed;
        return self.source[start .. self.at - 1];
    }

    /// Which group opens at this place. A group that is read again, because it is repeated, is the same one.
    fn groupAt(self: *Parser, opened: usize, name: []const u8) Error!usize {
        for (self.groups.items, 0..) |known, i| {
            if (known.opened == opened) return i;
            if (name.len > 0 and std.mem.eql(u8, known.name, name)) return error.Malformed;
        }
        try self.groups.append(gpa, .{ .opened = opened, .name = name });
        return self.groups.items.len - 1;
    }

    fn escape(self: *Parser) Error!void {
        const letter = if (self.at + 1 < self.source.len) self.source[self.at + 1] else return error.Malformed;
        switch (letter) {
            'b', 'B' => {
                self.at += 2;
                return self.emit(.{ .boundary = letter == 'b' });
            },
            '1'...'9', 'k' => return error.Unsupported,
            else => {},
        }
        if (try self.shorthand(letter)) |ranges| return self.emit(.{ .set = .{ .ranges = ranges, .negated = std.ascii.isUpper(letter) } });
        try self.emit(.{ .point = try self.escapedPoint() });
    }

    /// The ranges of `\d`, `\p{Lu}` and the like, whose letter comes behind the backslash that is next.
    fn shorthand(self: *Parser, letter: u8) Error!?[]const Range {
        if (letter != 'p' and letter != 'P') {
            const found = shorthands.of(letter) orelse return null;
            self.at += 2;
            return found;
        }
        const start = self.at + 3;
        if (start > self.source.len or self.source[start - 1] != '{') return error.Malformed;
        self.at = 1 + (std.mem.indexOfScalarPos(u8, self.source, start, '}') orelse return error.Malformed);
        return try categories.of(self.source[start .. self.at - 1]) orelse error.Unsupported;
    }

    fn escapedPoint(self: *Parser) Error!u21 {
        self.at += 1;
        return switch (try self.point()) {
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            'f' => 12,
            'v' => 11,
            '0' => 0,
            'x' => self.hex(2),
            'u' => if (self.take('{')) self.hexInBraces() else self.hex(4),
            'a'...'e', 'g'...'m', 'o'...'q', 's', 'w', 'y', 'z', 'A'...'Z' => error.Unsupported,
            else => |literal| literal,
        };
    }

    fn hex(self: *Parser, len: usize) Error!u21 {
        if (self.source.len - self.at < len) return error.Malformed;
        defer self.at += len;
        return std.fmt.parseInt(u21, self.source[self.at..][0..len], 16) catch error.Malformed;
    }

    fn hexInBraces(self: *Parser) Error!u21 {
        const end = std.mem.indexOfScalarPos(u8, self.source, self.at, '}') orelse return error.Malformed;
        defer self.at = end + 1;
        return std.fmt.parseInt(u21, self.source[self.at..end], 16) catch error.Malformed;
    }

    fn class(self: *Parser) Error!Set {
        const negated = self.take('^');
        var ranges: std.ArrayList(Range) = .empty;
        while (!self.take(']')) {
            const first = try self.classItem(&ranges) orelse continue;
            if (self.peek() != '-' or self.at + 1 >= self.source.len or self.source[self.at + 1] == ']') {
                try ranges.append(gpa, .{ .first = first, .last = first });
                continue;
            }
            self.at += 1;
            const last = try self.classItem(&ranges) orelse return error.Malformed;
            if (last < first) return error.Malformed;
            try ranges.append(gpa, .{ .first = first, .last = last });
        }
        return .{ .ranges = try shorthands.inOrder(ranges.items), .negated = negated };
    }

    /// One character of a class; null when it was a shorthand, which has gone into the ranges.
    fn classItem(self: *Parser, ranges: *std.ArrayList(Range)) Error!?u21 {
        if (self.peek() != '\\') return try self.point();
        const letter = if (self.at + 1 < self.source.len) self.source[self.at + 1] else return error.Malformed;
        if (letter == 'b') {
            self.at += 2;
            return 8;
        }
        const found = try self.shorthand(letter) orelse return try self.escapedPoint();
        if (std.ascii.isUpper(letter)) try shorthands.appendOutside(ranges, found) else try ranges.appendSlice(gpa, found);
        return null;
    }
};
