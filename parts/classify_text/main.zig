//! `classify_text`: which topics a text is about, by the keywords that it uses. A keyword that is a phrase must appear
//! as one. A score is the share of all hits that a topic has; ties go to the topic that comes first.

const std = @import("std");
const part = @import("part");
const unicode = part.unicode;
const Value = part.Value;
const Error = part.Error;
const gpa = part.gpa;

const built_in = @embedFile("topics.txt");

/// As it is shown, and as it is looked for.
const Keyword = struct { shown: []const u8, pattern: []const u8 };
const Topic = struct { name: []const u8, keywords: []const Keyword, hits: u64 = 0, found: []const []const u8 = &.{} };

pub fn run(input: part.Input) Error!Value {
    const text = try normal(try input.text("text"));
    const topics = if (input.get("topics") == null) try builtIn() else try given(try input.mapField("topics"));
    var total: u64 = 0;
    for (topics) |*topic| {
        try count(topic, text);
        total += topic.hits;
    }
    try part.sort.stable(Topic, gpa, topics, {}, struct {
        fn less(_: void, a: Topic, b: Topic) bool {
            return a.hits > b.hits;
        }
    }.less);
    return answer(topics, total);
}

/// Words in small letters with one space around each, so that a keyword is found as ` keyword `.
fn normal(text: []const u8) Error![]const u8 {
    var out: std.ArrayList(u8) = .empty;
    var words = unicode.Words{ .text = try unicode.lower(gpa, text) };
    try out.append(gpa, ' ');
    while (words.next()) |word| {
        try out.appendSlice(gpa, word);
        try out.append(gpa, ' ');
    }
    return out.items;
}

fn builtIn() Error![]Topic {
    var out: std.ArrayList(Topic) = .empty;
    var lines = std.mem.tokenizeScalar(u8, built_in, '\n');
    while (lines.next()) |line| {
        const colon = std.mem.indexOfScalar(u8, line, ':').?;
        var keywords: std.ArrayList(Keyword) = .empty;
        var words = std.mem.tokenizeScalar(u8, line[colon + 1 ..], ',');
        while (words.next()) |word| try keywords.append(gpa, .{ .shown = word, .pattern = try normal(word) });
        try out.append(gpa, .{ .name = line[0..colon], .keywords = keywords.items });
    }
    return out.items;
}

fn given(map: part.Map) Error![]Topic {
    if (map.count() == 0) return part.badInput(&.{"`topics` must name at least one topic"});
    const out = try gpa.alloc(Topic, map.count());
    for (map.keys(), map.values(), out) |name, words, *slot| {
        if (words != .list) return part.wrongKind(try part.concat(&.{ "topics.", name }), "a list of keywords", words);
        const keywords = try gpa.alloc(Keyword, words.list.len);
        for (words.list, keywords) |word, *keyword| {
            if (word != .text) return part.wrongKind(try part.concat(&.{ "topics.", name }), "a list of strings", word);
            keyword.* = .{ .shown = word.text, .pattern = try normal(word.text) };
        }
        slot.* = .{ .name = name, .keywords = keywords };
    }
    return out;
}

fn count(topic: *Topic, text: []const u8) Error!void {
    var found: std.ArrayList([]const u8) = .empty;
    for (topic.keywords) |keyword| {
        if (keyword.pattern.len < 3) continue;
        const hits = occurrences(text, keyword.pattern);
        topic.hits += hits;
        if (hits > 0) try found.append(gpa, keyword.shown);
    }
    topic.found = found.items;
}

/// Two hits may share the space between them.
fn occurrences(text: []const u8, keyword: []const u8) u64 {
    var hits: u64 = 0;
    var from: usize = 0;
    while (std.mem.indexOfPos(u8, text, from, keyword)) |at| : (from = at + keyword.len - 1) hits += 1;
    return hits;
}

fn answer(topics: []const Topic, total: u64) Error!Value {
    var out: std.ArrayList(Value) = .empty;
    for (topics) |topic| {
        if (topic.hits == 0) continue;
        try out.append(gpa, .{ .map = try part.fields(.{
            .{ "topic", Value{ .text = topic.name } },
            .{ "score", try share(topic.hits, total) },
            .{ "hits", try part.integer(topic.hits) },
            .{ "keywords", try part.textList(topic.found) },
        }) });
    }
    const best: Value = if (out.items.len > 0) .{ .text = topics[0].name } else .null;
    return .{ .map = try part.fields(.{ .{ "topic", best }, .{ "topics", Value{ .list = out.items } } }) };
}

fn share(hits: u64, total: u64) Error!Value {
    const exact = try part.arithmetic.divide(try part.decimal.fromInt(@intCast(hits)), try part.decimal.fromInt(@intCast(total)));
    return part.arithmetic.value(try part.arithmetic.checked(part.decimal.roundTo(exact, -3, .half_even)));
}
