//! The table: one meaning a line, `english|german|french|spanish|chinese`, alternatives separated by `/`. All of them
//! are understood; the first is what is written. An empty place means that the language has no such word.

const std = @import("std");
const part = @import("part");
const gpa = part.gpa;

pub const Language = enum { en, de, fr, es, zh };
pub const Table = std.StringArrayHashMapUnmanaged([]const u8);

const lines_of = @embedFile("words.txt");

/// From words in small letters to the word of the other language. The first meaning of a word is the one that counts.
pub fn load(from: Language, to: Language) error{OutOfMemory}!Table {
    var table: Table = .empty;
    try table.ensureTotalCapacity(gpa, 768);
    var lines = std.mem.tokenizeScalar(u8, lines_of, '\n');
    while (lines.next()) |line| {
        const target = firstOf(column(line, to));
        var words = std.mem.tokenizeScalar(u8, column(line, from), '/');
        while (words.next()) |word| {
            const slot = try table.getOrPut(gpa, try part.unicode.lower(gpa, word));
            if (!slot.found_existing) slot.value_ptr.* = target;
        }
    }
    return table;
}

fn column(line: []const u8, language: Language) []const u8 {
    var columns = std.mem.splitScalar(u8, line, '|');
    for (0..@intFromEnum(language)) |_| _ = columns.next();
    return columns.next().?;
}

fn firstOf(words: []const u8) []const u8 {
    return words[0 .. std.mem.indexOfScalar(u8, words, '/') orelse words.len];
}
