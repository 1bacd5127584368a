//! `translate_words`: word for word by a small table, between English, German, French, Spanish and Chinese in any
//! direction. It knows no grammar. What is not in the table stays as it is and is listed, so that nobody mistakes the
//! result for more than it is. Without `from` the language is the one that knows most of the words.

const std = @import("std");
const part = @import("part");
const tables = @import("table.zig");
const unicode = part.unicode;
const Value = part.Value;
const Error = part.Error;
const gpa = part.gpa;

const Language = tables.Language;
const Set = std.StringArrayHashMapUnmanaged(void);

pub fn run(input: part.Input) Error!Value {
    const text = try input.text("text");
    const to = try input.choice("to", Language, null);
    const named = if (input.get("from") == null) null else try input.choice("from", Language, null);
    const from = named orelse try detect(text);
    var work = Translation{ .from = from, .to = to, .table = try tables.load(from, to) };
    try work.all(text);
    return .{ .map = try part.fields(.{
        .{ "text", Value{ .text = if (from == to) text else unicode.trimEnd(work.out.items) } },
        .{ "from", Value{ .text = @tagName(from) } },
        .{ "to", Value{ .text = @tagName(to) } },
        .{ "known", try part.integer(work.known) },
        .{ "unknown", try part.textList(work.unknown.keys()) },
    }) };
}

/// The language that knows most of the words; English when none knows any.
fn detect(text: []const u8) Error!Language {
    var best: Language = .en;
    var most: usize = 0;
    for (std.enums.values(Language)) |language| {
        var work = Translation{ .from = language, .to = language, .table = try tables.load(language, language) };
        try work.all(text);
        if (work.known > most) {
            best = language;
            most = work.known;
        }
    }
    return best;
}

const Translation = struct {
    from: Language,
    to: Language,
    table: tables.Table,
    out: std.ArrayList(u8) = .empty,
    known: usize = 0,
    unknown: Set = .empty,
    /// A word was left out (an article that the other language has not): the space behind it goes too.
    dropped: bool = false,

    fn all(self: *Translation, text: []const u8) Error!void {
        var words = unicode.Words{ .text = text };
        var done: usize = 0;
        while (words.next()) |found| {
            const start = @intFromPtr(found.ptr) - @intFromPtr(text.ptr);
            const word = self.longest(text, start, found);
            words.at = start + word.len;
            try self.between(text[done..start]);
            try self.one(word);
            done = start + word.len;
        }
        try self.between(text[done..]);
    }

    /// Chinese has no spaces: a word is the longest stretch that the table knows.
    fn longest(self: Translation, text: []const u8, start: usize, found: []const u8) []const u8 {
        if (self.from != .zh) return found;
        var length: usize = 6;
        while (length > 1) : (length -= 1) {
            const stretch = text[start..][0..unicode.offset(text[start..], length)];
            if (self.table.contains(stretch)) return stretch;
        }
        return found;
    }

    fn between(self: *Translation, text: []const u8) Error!void {
        const spaces = unicode.trimStart(text).len == 0;
        const glued = self.to == .zh and spaces and endsInIdeograph(self.out.items);
        if (!(spaces and self.dropped) and !glued) try self.out.appendSlice(gpa, try self.punctuation(text));
        if (!spaces) self.dropped = false;
    }

    /// Chinese full stops and commas where the other language wants its own.
    fn punctuation(self: Translation, text: []const u8) Error![]const u8 {
        if (self.from != .zh or self.to == .zh) return text;
        var plain = text;
        for ([_][2][]const u8{ .{ "。", ". " }, .{ "，", ", " }, .{ "！", "! " }, .{ "？", "? " }, .{ "、", ", " } }) |pair| {
            plain = try std.mem.replaceOwned(u8, gpa, plain, pair[0], pair[1]);
        }
        return plain;
    }

    fn one(self: *Translation, word: []const u8) Error!void {
        const found = try self.lookUp(word);
        if (found == null) try self.unknown.put(gpa, word, {}) else self.known += 1;
        const translated = found orelse word;
        self.dropped = translated.len == 0;
        if (self.dropped) return;
        if (self.from == .zh and self.to != .zh and endsInWord(self.out.items)) try self.out.append(gpa, ' ');
        try self.out.appendSlice(gpa, if (found != null) try self.withCase(word, translated) else word);
    }

    /// A capital letter in front stays one, but for those of German nouns, which mean nothing elsewhere. Chinese has none.
    fn withCase(self: Translation, word: []const u8, translated: []const u8) Error![]const u8 {
        const first = startsSentence(self.out.items);
        const capital = switch (self.from) {
            .zh => first,
            .de => first and startsCapital(word),
            else => startsCapital(word),
        };
        return if (capital) capitalized(translated) else translated;
    }

    /// The word itself, or in English the word without a common ending.
    fn lookUp(self: Translation, word: []const u8) Error!?[]const u8 {
        const lowered = try unicode.lower(gpa, word);
        if (self.table.get(lowered)) |found| return found;
        if (std.fmt.parseInt(u64, word, 10)) |_| return word else |_| {}
        if (self.from != .en) return null;
        for ([_][]const u8{ "'s", "s", "es", "ed", "d", "ing" }) |ending| {
            if (lowered.len < ending.len + 3 or !std.mem.endsWith(u8, lowered, ending)) continue;
            if (self.table.get(lowered[0 .. lowered.len - ending.len])) |found| return found;
        }
        return null;
    }
};

fn startsCapital(word: []const u8) bool {
    var it = unicode.points(word);
    const first = it.nextCodepoint().?;
    return unicode.lowerPoint(first) != first and word.len > 1;
}

fn capitalized(translated: []const u8) Error![]const u8 {
    const rest = translated[unicode.offset(translated, 1)..];
    return part.concat(&.{ try unicode.upper(gpa, translated[0 .. translated.len - rest.len]), rest });
}

fn startsSentence(before: []const u8) bool {
    const text = unicode.trimEnd(before);
    return text.len == 0 or std.mem.indexOfScalar(u8, ".!?:", text[text.len - 1]) != null;
}

fn endsInIdeograph(text: []const u8) bool {
    return text.len > 0 and unicode.isIdeograph(std.unicode.utf8Decode(unicode.lastCharacter(text)) catch unreachable);
}

fn endsInWord(text: []const u8) bool {
    return text.len > 0 and unicode.isWord(std.unicode.utf8Decode(unicode.lastCharacter(text)) catch unreachable);
}
