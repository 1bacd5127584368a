//! Where sentences end. `.`, `!`, `?` and `…` end one before white space, unless the dot belongs to an abbreviation,
//! an initial or a number; `。`, `！` and `？` always do. Closing quotes and brackets stay with their sentence, and an
//! empty line ends whatever stands before it.

const std = @import("std");
const unicode = @import("unicode.zig");

const abbreviations = [_][]const u8{
    "mr", "mrs", "ms", "dr", "prof", "sr", "jr", "st", "vs", "etc", "e.g", "i.e", "cf", "al", "no", "fig", "approx",
    "inc", "ltd", "co", "corp", "dept", "est", "jan", "feb", "mar", "apr", "jun", "jul", "aug", "sep", "sept", "oct",
    "nov", "dec", "z.b", "d.h", "bzw", "usw", "ca", "nr", "str", "bspw", "m", "mme", "p.ex", "sra", "ud",
};

/// The sentences of a text, one after the other, without the white space around them.
pub const Sentences = struct {
    text: []const u8,
    at: usize = 0,

    pub fn next(self: *Sentences) ?[]const u8 {
        while (self.at < self.text.len) {
            const start = self.at;
            self.at = self.end(start);
            const found = unicode.trimEnd(unicode.trimStart(self.text[start..self.at]));
            if (found.len > 0) return found;
        }
        return null;
    }

    fn end(self: *Sentences, start: usize) usize {
        var it = unicode.points(self.text);
        it.i = start;
        while (true) {
            const here = it.i;
            const point = it.nextCodepoint() orelse return self.text.len;
            switch (point) {
                '。', '！', '？' => return closed(self.text, it.i),
                '.', '!', '?', '…' => {
                    const after = closed(self.text, it.i);
                    if (endsAt(self.text, after) and !(point == '.' and isAbbreviation(self.text[start..here]))) return after;
                },
                '\n' => if (opensEmptyLine(self.text[it.i..])) return it.i,
                else => {},
            }
        }
    }
};

/// The byte behind further end marks, quotes and brackets that close.
fn closed(text: []const u8, at: usize) usize {
    var it = unicode.points(text);
    it.i = at;
    while (true) {
        const here = it.i;
        switch (it.nextCodepoint() orelse return here) {
            '.', '!', '?', '…', '"', '\'', ')', ']', '”', '’', '»', '」', '』', '）', '。', '！', '？' => {},
            else => return here,
        }
    }
}

fn endsAt(text: []const u8, at: usize) bool {
    var it = unicode.points(text[at..]);
    return unicode.isSpace(it.nextCodepoint() orelse return true);
}

fn opensEmptyLine(text: []const u8) bool {
    const line = text[0 .. std.mem.indexOfScalar(u8, text, '\n') orelse return false];
    return unicode.trimStart(line).len == 0;
}

fn isAbbreviation(before: []const u8) bool {
    const start = if (std.mem.lastIndexOfAny(u8, before, " \t\n\r(\"'")) |space| space + 1 else 0;
    const word = before[start..];
    if (word.len == 1) return std.ascii.isUpper(word[0]);
    for (abbreviations) |known| if (std.ascii.eqlIgnoreCase(word, known)) return true;
    return false;
}
