//! JSON as the parts see it: nothing that was read is lost when it is written again.
//!
//! Numbers stay the text that they were (so `12345678901234567890` and `1.10` survive), maps keep the order of their
//! keys, and texts are UTF-8. The reader takes exactly RFC 8259 and, beyond it, refuses what two readers could take in
//! two ways: a key that appears twice, half a surrogate pair, bytes that are not UTF-8, and nesting beyond 64.
//! A text without escapes is a slice of the input: reading copies only what it has to change.

const std = @import("std");
const Allocator = std.mem.Allocator;

pub const max_depth = 64;

pub const Map = std.StringArrayHashMapUnmanaged(Value);

pub const Value = union(enum) {
    null,
    bool: bool,
    number: []const u8,
    text: []const u8,
    list: []const Value,
    map: Map,

    /// What people call this kind of value, for messages.
    pub fn kind(self: Value) []const u8 {
        return switch (self) {
            .null => "null",
            .bool => "boolean",
            .number => "number",
            .text => "string",
            .list => "list",
            .map => "map",
        };
    }
};

pub const ReadError = error{
    OutOfMemory,
    Empty,
    NotUtf8,
    UnexpectedEnd,
    UnexpectedCharacter,
    BadEscape,
    LoneSurrogate,
    ControlCharacter,
    BadNumber,
    DuplicateKey,
    TooDeep,
    TextAfterValue,
};

/// One sentence for each way in which a text is not JSON.
pub fn explain(err: ReadError) []const u8 {
    return switch (err) {
        error.OutOfMemory => "it does not fit into the memory of this part",
        error.Empty => "it is empty",
        error.NotUtf8 => "it is not UTF-8",
        error.UnexpectedEnd => "it ends too early",
        error.UnexpectedCharacter => "there is a character that JSON does not allow there",
        error.BadEscape => "an escape in a string is unknown",
        error.LoneSurrogate => "a \\u escape is half of a surrogate pair",
        error.ControlCharacter => "a string holds a control character that is not escaped",
        error.BadNumber => "a number is not written as JSON wants it",
        error.DuplicateKey => "a key appears twice in one map",
        error.TooDeep => "it is nested deeper than 64",
        error.TextAfterValue => "something follows the value",
    };
}

pub fn read(gpa: Allocator, source: []const u8) ReadError!Value {
    if (!std.unicode.utf8ValidateSlice(source)) return error.NotUtf8;
    var reader = Reader{ .gpa = gpa, .source = source };
    reader.skipSpace();
    if (reader.at == source.len) return error.Empty;
    const found = try reader.value(0);
    reader.skipSpace();
    return if (reader.at == source.len) found else error.TextAfterValue;
}

const Reader = struct {
    gpa: Allocator,
    source: []const u8,
    at: usize = 0,

    fn peek(self: *Reader) ReadError!u8 {
        return if (self.at < self.source.len) self.source[self.at] else error.UnexpectedEnd;
    }

    fn skipSpace(self: *Reader) void {
        while (self.at < self.source.len) : (self.at += 1) switch (self.source[self.at]) {
            ' ', '\t', '\n', '\r' => {},
            else => return,
        };
    }

    fn value(self: *Reader, depth: usize) ReadError!Value {
        self.skipSpace();
        return switch (try self.peek()) {
            '{' => self.map(depth + 1),
            '[' => self.list(depth + 1),
            '"' => .{ .text = try self.text() },
            't' => self.word("true", .{ .bool = true }),
            'f' => self.word("false", .{ .bool = false }),
            'n' => self.word("null", .null),
            '-', '0'...'9' => .{ .number = try self.number() },
            else => error.UnexpectedCharacter,
        };
    }

    fn word(self: *Reader, name: []const u8, meaning: Value) ReadError!Value {
        if (!std.mem.startsWith(u8, self.source[self.at..], name)) return error.UnexpectedCharacter;
        self.at += name.len;
        return meaning;
    }

    fn list(self: *Reader, depth: usize) ReadError!Value {
        if (depth > max_depth) return error.TooDeep;
        var items: std.ArrayList(Value) = .empty;
        self.at += 1;
        if (try self.closes(']')) return .{ .list = &.{} };
        while (true) {
            try items.append(self.gpa, try self.value(depth));
            if (!try self.continues(']')) return .{ .list = items.items };
        }
    }

    fn map(self: *Reader, depth: usize) ReadError!Value {
        if (depth > max_depth) return error.TooDeep;
        var entries: Map = .empty;
        self.at += 1;
        if (try self.closes('}')) return .{ .map = entries };
        while (true) {
            self.skipSpace();
            if (try self.peek() != '"') return error.UnexpectedCharacter;
            const slot = try entries.getOrPut(self.gpa, try self.text());
            if (slot.found_existing) return error.DuplicateKey;
            self.skipSpace();
            if (try self.peek() != ':') return error.UnexpectedCharacter;
            self.at += 1;
            const index = slot.index;
            const item = try self.value(depth);
            entries.values()[index] = item;
            if (!try self.continues('}')) return .{ .map = entries };
        }
    }

    fn closes(self: *Reader, end: u8) ReadError!bool {
        self.skipSpace();
        if (try self.peek() != end) return false;
        self.at += 1;
        return true;
    }

    /// After an item: true when a comma promises another one, false when the list or map is closed.
    fn continues(self: *Reader, end: u8) ReadError!bool {
        self.skipSpace();
        const next = try self.peek();
        self.at += 1;
        if (next == ',') return true;
        return if (next == end) false else error.UnexpectedCharacter;
    }

    fn number(self: *Reader) ReadError![]const u8 {
        const start = self.at;
        while (self.at < self.source.len) : (self.at += 1) switch (self.source[self.at]) {
            '0'...'9', '-', '+', '.', 'e', 'E' => {},
            else => break,
        };
        const found = self.source[start..self.at];
        return if (isNumber(found)) found else error.BadNumber;
    }

    fn text(self: *Reader) ReadError![]const u8 {
        self.at += 1;
        const start = self.at;
        while (true) : (self.at += 1) switch (try self.peek()) {
            '"' => {
                self.at += 1;
                return self.source[start .. self.at - 1];
            },
            '\\' => return self.escapedText(start),
            0...0x1f => return error.ControlCharacter,
            else => {},
        };
    }

    fn escapedText(self: *Reader, start: usize) ReadError![]const u8 {
        var out: std.ArrayList(u8) = .empty;
        try out.appendSlice(self.gpa, self.source[start..self.at]);
        while (true) {
            const next = try self.peek();
            self.at += 1;
            switch (next) {
                '"' => return out.items,
                '\\' => try self.escape(&out),
                0...0x1f => return error.ControlCharacter,
                else => try out.append(self.gpa, next),
            }
        }
    }

    fn escape(self: *Reader, out: *std.ArrayList(u8)) ReadError!void {
        const letter = try self.peek();
        self.at += 1;
        if (letter == 'u') return self.unicodeEscape(out);
        const byte: u8 = switch (letter) {
            '"', '\\', '/' => letter,
            'b' => 8,
            'f' => 12,
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            else => return error.BadEscape,
        };
        try out.append(self.gpa, byte);
    }

    fn unicodeEscape(self: *Reader, out: *std.ArrayList(u8)) ReadError!void {
        var point: u21 = try self.hex4();
        if (point >= 0xDC00 and point <= 0xDFFF) return error.LoneSurrogate;
        if (point >= 0xD800 and point <= 0xDBFF) {
            if (!std.mem.startsWith(u8, self.source[self.at..], "\\u")) return error.LoneSurrogate;
            self.at += 2;
            const low: u21 = try self.hex4();
            if (low < 0xDC00 or low > 0xDFFF) return error.LoneSurrogate;
            point = 0x10000 + ((point - 0xD800) << 10) + (low - 0xDC00);
        }
        var bytes: [4]u8 = undefined;
        const len = std.unicode.utf8Encode(point, &bytes) catch return error.LoneSurrogate;
        try out.appendSlice(self.gpa, bytes[0..len]);
    }

    fn hex4(self: *Reader) ReadError!u16 {
        if (self.source.len - self.at < 4) return error.UnexpectedEnd;
        var point: u16 = 0;
        for (self.source[self.at..][0..4]) |digit| {
            point = point << 4 | (std.fmt.charToDigit(digit, 16) catch return error.BadEscape);
        }
        self.at += 4;
        return point;
    }
};

/// Whether a text is a number as JSON writes it.
pub fn isNumber(text: []const u8) bool {
    var rest = text;
    if (rest.len > 0 and rest[0] == '-') rest = rest[1..];
    const whole = countDigits(rest);
    if (whole == 0 or (whole > 1 and rest[0] == '0')) return false;
    rest = rest[whole..];
    if (rest.len > 0 and rest[0] == '.') {
        const fraction = countDigits(rest[1..]);
        if (fraction == 0) return false;
        rest = rest[1 + fraction ..];
    }
    if (rest.len == 0) return true;
    if (rest[0] != 'e' and rest[0] != 'E') return false;
    rest = rest[1..];
    if (rest.len > 0 and (rest[0] == '+' or rest[0] == '-')) rest = rest[1..];
    return rest.len > 0 and countDigits(rest) == rest.len;
}

fn countDigits(text: []const u8) usize {
    for (text, 0..) |byte, i| if (byte < '0' or byte > '9') return i;
    return text.len;
}
