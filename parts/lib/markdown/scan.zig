//! Recognising: marks of blocks, tags of HTML, escapes and entities.

const std = @import("std");
const part = @import("../part.zig");
const nodes = @import("node.zig");
const entities = @import("entities.zig");
const ascii = std.ascii;
const gpa = part.gpa;

pub const punctuation = "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~";

pub fn isPunctuation(byte: u8) bool {
    return std.mem.indexOfScalar(u8, punctuation, byte) != null;
}

fn run(text: []const u8, char: u8) usize {
    return std.mem.indexOfNone(u8, text, &.{char}) orelse text.len;
}

pub fn headingMarks(text: []const u8) ?usize {
    const level = run(text, '#');
    if (level == 0 or level > 6) return null;
    return if (level == text.len or text[level] == ' ' or text[level] == '\t') level else null;
}

/// Without the spaces around it and the marks that close it.
pub fn headingText(text: []const u8) []const u8 {
    const trimmed = std.mem.trim(u8, text, " \t");
    const bare = std.mem.trimRight(u8, trimmed, "#");
    if (bare.len == trimmed.len) return trimmed;
    if (bare.len == 0) return "";
    return if (bare[bare.len - 1] == ' ' or bare[bare.len - 1] == '\t') std.mem.trimRight(u8, bare, " \t") else trimmed;
}

pub fn opensFence(text: []const u8) ?nodes.Fence {
    if (text[0] != '`' and text[0] != '~') return null;
    const length = run(text, text[0]);
    if (length < 3 or (text[0] == '`' and std.mem.indexOfScalar(u8, text[length..], '`') != null)) return null;
    return .{ .char = text[0], .length = length };
}

pub fn closesFence(text: []const u8, fence: nodes.Fence) bool {
    const length = run(text, fence.char);
    return length >= fence.length and std.mem.trim(u8, text[length..], " \t").len == 0;
}

pub fn underline(text: []const u8) ?usize {
    if (text[0] != '=' and text[0] != '-') return null;
    if (std.mem.trim(u8, text[run(text, text[0])..], " \t").len > 0) return null;
    return if (text[0] == '=') 1 else 2;
}

pub fn isRule(text: []const u8) bool {
    if (std.mem.indexOfScalar(u8, "*-_", text[0]) == null) return false;
    var count: usize = 0;
    for (text) |byte| {
        if (byte == text[0]) count += 1 else if (byte != ' ' and byte != '\t') return false;
    }
    return count >= 3;
}

pub const Marker = struct { length: usize, list: nodes.List };

pub fn listMarker(text: []const u8) ?Marker {
    var at: usize = 0;
    while (at < text.len and at < 10 and ascii.isDigit(text[at])) at += 1;
    if (at > 9 or at >= text.len) return null;
    const ordered = at > 0;
    if (std.mem.indexOfScalar(u8, if (ordered) ".)" else "-+*", text[at]) == null) return null;
    if (at + 1 < text.len and text[at + 1] != ' ' and text[at + 1] != '\t') return null;
    const number = if (ordered) std.fmt.parseInt(usize, text[0..at], 10) catch return null else 0;
    return .{ .length = at + 1, .list = .{ .ordered = ordered, .char = text[at], .start = number } };
}

const block_tags = " address article aside base basefont blockquote body caption center col colgroup dd details dialog dir div dl dt fieldset figcaption figure footer form frame frameset h1 h2 h3 h4 h5 h6 head header hr html iframe legend li link main menu menuitem nav noframes ol optgroup option p param search section summary table tbody td tfoot th thead title tr track ul ";
const raw_tags = [_][]const u8{ "script", "pre", "style", "textarea" };

/// Which of the seven kinds of HTML blocks begins here; the seventh cannot interrupt a paragraph.
pub fn htmlBlock(text: []const u8, in_paragraph: bool) ?usize {
    if (text[0] != '<' or text.len < 2) return null;
    for (raw_tags) |tag| if (ascii.startsWithIgnoreCase(text[1..], tag)) {
        const end = 1 + tag.len;
        if (end == text.len or std.mem.indexOfScalar(u8, " \t>", text[end]) != null) return 1;
    };
    if (std.mem.startsWith(u8, text, "<!--")) return 2;
    if (text[1] == '?') return 3;
    if (std.mem.startsWith(u8, text, "<![CDATA[")) return 5;
    if (text[1] == '!' and text.len > 2 and ascii.isAlphabetic(text[2])) return 4;
    if (isBlockTag(text)) return 6;
    if (in_paragraph) return null;
    var missing: Missing = .{};
    const tag = htmlTag(text, &missing) orelse return null;
    return if (text[1] != '!' and text[1] != '?' and std.mem.trim(u8, text[tag..], " \t").len == 0) 7 else null;
}

fn isBlockTag(text: []const u8) bool {
    const from: usize = if (text[1] == '/') 2 else 1;
    var end = from;
    while (end < text.len and ascii.isAlphanumeric(text[end])) end += 1;
    if (end == from or end - from > 12) return false;
    const closed = end == text.len or std.mem.indexOfScalar(u8, " \t>", text[end]) != null or std.mem.startsWith(u8, text[end..], "/>");
    var buffer: [16]u8 = undefined;
    buffer[0] = ' ';
    const lower = ascii.lowerString(buffer[1..], text[from..end]);
    buffer[1 + lower.len] = ' ';
    return closed and std.mem.indexOf(u8, block_tags, buffer[0 .. lower.len + 2]) != null;
}

pub fn htmlBlockEnds(kind: usize, line: []const u8) bool {
    const end: []const u8 = switch (kind) {
        2 => "-->",
        3 => "?>",
        4 => ">",
        5 => "]]>",
        else => {
            for (raw_tags) |tag| {
                var at: usize = 0;
                while (ascii.indexOfIgnoreCasePos(line, at, tag)) |found| : (at = found + 1) {
                    const whole = found >= 2 and line[found - 2] == '<' and line[found - 1] == '/';
                    if (whole and found + tag.len < line.len and line[found + tag.len] == '>') return true;
                }
            }
            return false;
        },
    };
    return std.mem.indexOf(u8, line, end) != null;
}

/// Which ends a text is known not to have any more: whoever goes through it from the left looks for each in vain once.
pub const Missing = struct { comment: bool = false, instruction: bool = false, cdata: bool = false, declaration: bool = false };

/// The length of the tag, comment, instruction, declaration or CDATA at the beginning of a text.
pub fn htmlTag(text: []const u8, missing: *Missing) ?usize {
    if (text.len < 3) return null;
    if (std.mem.startsWith(u8, text, "<!-->")) return 5;
    if (std.mem.startsWith(u8, text, "<!--->")) return 6;
    if (std.mem.startsWith(u8, text, "<!--")) return upTo(text, 4, "-->", &missing.comment);
    if (text[1] == '?') return upTo(text, 2, "?>", &missing.instruction);
    if (std.mem.startsWith(u8, text, "<![CDATA[")) return upTo(text, 9, "]]>", &missing.cdata);
    if (text[1] == '!') return if (ascii.isAlphabetic(text[2])) upTo(text, 2, ">", &missing.declaration) else null;
    const closing = text[1] == '/';
    var at: usize = if (closing) 2 else 1;
    if (!ascii.isAlphabetic(text[at])) return null;
    while (at < text.len and (ascii.isAlphanumeric(text[at]) or text[at] == '-')) at += 1;
    if (!closing) while (attribute(text, at)) |end| {
        at = end;
    };
    at = skipSpace(text, at);
    if (!closing and at < text.len and text[at] == '/') at += 1;
    return if (at < text.len and text[at] == '>') at + 1 else null;
}

fn upTo(text: []const u8, from: usize, end: []const u8, missing: *bool) ?usize {
    if (missing.*) return null;
    const found = std.mem.indexOfPos(u8, text, from, end);
    missing.* = found == null;
    return (found orelse return null) + end.len;
}

pub fn skipSpace(text: []const u8, from: usize) usize {
    return std.mem.indexOfNonePos(u8, text, from, " \t\n\r") orelse text.len;
}

fn attribute(text: []const u8, from: usize) ?usize {
    var at = skipSpace(text, from);
    if (at == from or at >= text.len) return null;
    if (!ascii.isAlphabetic(text[at]) and text[at] != '_' and text[at] != ':') return null;
    while (at < text.len and (ascii.isAlphanumeric(text[at]) or std.mem.indexOfScalar(u8, "_.:-", text[at]) != null)) at += 1;
    const sign = skipSpace(text, at);
    if (sign >= text.len or text[sign] != '=') return at;
    const value = skipSpace(text, sign + 1);
    if (value >= text.len) return null;
    if (text[value] == '"' or text[value] == '\'') return (std.mem.indexOfScalarPos(u8, text, value + 1, text[value]) orelse return null) + 1;
    const end = std.mem.indexOfAnyPos(u8, text, value, " \t\n\r\"'=<>`") orelse text.len;
    return if (end > value) end else null;
}

/// The length of an entity at the beginning of a text, and its character.
pub fn entity(text: []const u8) ?struct { length: usize, text: []const u8 } {
    const end = std.mem.indexOfScalar(u8, text[0..@min(text.len, 34)], ';') orelse return null;
    const found = entities.named(text[1..end]) orelse return null;
    return .{ .length = end + 1, .text = found };
}

/// Backslashes before punctuation taken away, entities replaced.
pub fn unescaped(text: []const u8) error{OutOfMemory}![]const u8 {
    if (std.mem.indexOfAny(u8, text, "\\&") == null) return text;
    var out: std.ArrayList(u8) = .empty;
    var at: usize = 0;
    while (at < text.len) {
        if (text[at] == '\\' and at + 1 < text.len and isPunctuation(text[at + 1])) {
            at += 1;
        } else if (text[at] == '&') if (entity(text[at..])) |found| {
            try out.appendSlice(gpa, found.text);
            at += found.length;
            continue;
        };
        try out.append(gpa, text[at]);
        at += 1;
    }
    return out.items;
}
