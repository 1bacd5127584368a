//! Where a text stands in another one, in time that grows with both and never with their product: short texts are looked
//! for in the usual way, longer ones by Knuth, Morris and Pratt, who never go back in the text.

const std = @import("std");
const gpa = @import("memory.zig").allocator;
const OutOfMemory = error{OutOfMemory};

/// Up to this length, looking again at every place costs no more than a fixed number of looks at each byte.
const short = 16;

/// A text that is looked for, not empty; made once for any number of searches.
pub const Needle = struct {
    text: []const u8,
    /// For each beginning of the text, how much of it is also its end. Empty for a short text.
    borders: []const u32,

    pub fn of(text: []const u8) OutOfMemory!Needle {
        std.debug.assert(text.len > 0);
        if (text.len <= short) return .{ .text = text, .borders = &.{} };
        const borders = try gpa.alloc(u32, text.len);
        borders[0] = 0;
        var border: u32 = 0;
        for (text[1..], borders[1..]) |byte, *slot| {
            while (border > 0 and text[border] != byte) border = borders[border - 1];
            if (text[border] == byte) border += 1;
            slot.* = border;
        }
        return .{ .text = text, .borders = borders };
    }

    /// The first place at or behind `from`.
    pub fn first(self: Needle, text: []const u8, from: usize) ?usize {
        if (self.borders.len == 0) return std.mem.indexOfPos(u8, text, from, self.text);
        var it = Places{ .needle = self, .text = text, .at = from };
        return it.next();
    }

    pub fn last(self: Needle, text: []const u8) ?usize {
        if (self.borders.len == 0) return std.mem.lastIndexOf(u8, text, self.text);
        var it = Places{ .needle = self, .text = text };
        var found: ?usize = null;
        while (it.next()) |place| found = place;
        return found;
    }

    /// How often, counting none that begins in the one before.
    pub fn count(self: Needle, text: []const u8) usize {
        var found: usize = 0;
        var at: usize = 0;
        while (self.first(text, at)) |place| : (found += 1) at = place + self.text.len;
        return found;
    }
};

/// What stands between the places of a text in another one: one piece more than there are places.
pub const Pieces = struct {
    needle: Needle,
    text: []const u8,
    at: ?usize = 0,

    pub fn of(text: []const u8, separator: []const u8) OutOfMemory!Pieces {
        return .{ .needle = try .of(separator), .text = text };
    }

    pub fn next(self: *Pieces) ?[]const u8 {
        const from = self.at orelse return null;
        const found = self.needle.first(self.text, from);
        self.at = if (found) |place| place + self.needle.text.len else null;
        return self.text[from .. found orelse self.text.len];
    }
};

/// All places of a long text, also those that overlap.
const Places = struct {
    needle: Needle,
    text: []const u8,
    at: usize = 0,
    matched: usize = 0,

    fn next(self: *Places) ?usize {
        const wanted = self.needle.text;
        const borders = self.needle.borders;
        while (self.at < self.text.len) {
            const byte = self.text[self.at];
            while (self.matched > 0 and wanted[self.matched] != byte) self.matched = borders[self.matched - 1];
            if (wanted[self.matched] == byte) self.matched += 1;
            self.at += 1;
            if (self.matched < wanted.len) continue;
            self.matched = borders[self.matched - 1];
            return self.at - wanted.len;
        }
        return null;
    }
};

/// Whether `text` holds `wanted`; everything holds the empty text.
pub fn contains(text: []const u8, wanted: []const u8) OutOfMemory!bool {
    return wanted.len == 0 or (try Needle.of(wanted)).first(text, 0) != null;
}
