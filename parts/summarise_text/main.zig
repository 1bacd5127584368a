//! `summarise_text`: the sentences of a text that say most of it, in their order and in their own words.
//!
//! A word counts as often as it appears (small words of English, German, French and Spanish do not count); a sentence
//! scores the mean of its words, a little more when it stands first, and less when it is very short. Sentences that
//! repeat what is already chosen score what they add. Ideographs count one by one.

const std = @import("std");
const part = @import("part");
const unicode = part.unicode;
const Value = part.Value;
const Error = part.Error;
const gpa = part.gpa;

const small_words = @embedFile("small_words.txt");
const max_sentences = 2000;

const Sentence = struct { text: []const u8, words: []const []const u8, score: f64 = 0, chosen: bool = false };
const Weights = std.StringArrayHashMapUnmanaged(f64);

pub fn run(input: part.Input) Error!Value {
    const text = try input.text("text");
    const wanted: usize = @intCast(try input.intOr("sentences", 1, 100, 3));
    var weights: Weights = .empty;
    const sentences = try read(text, &weights);
    for (0..@min(wanted, sentences.len)) |_| choose(sentences, &weights);
    return answer(sentences);
}

fn read(text: []const u8, weights: *Weights) Error![]Sentence {
    const small = try smallWords();
    var out: std.ArrayList(Sentence) = .empty;
    var found = part.sentences.Sentences{ .text = text };
    while (found.next()) |sentence| {
        if (out.items.len == max_sentences) return part.badInput(&.{"`text` has more than 2000 sentences; split it with text_split first"});
        const words = try wordsOf(sentence, small);
        for (words) |word| {
            const slot = try weights.getOrPutValue(gpa, word, 0);
            slot.value_ptr.* += 1;
        }
        try out.append(gpa, .{ .text = sentence, .words = words });
    }
    return out.items;
}

const Set = std.StringArrayHashMapUnmanaged(void);

fn smallWords() Error!Set {
    var out: Set = .empty;
    var words = std.mem.tokenizeAny(u8, small_words, " \n");
    while (words.next()) |word| try out.put(gpa, word, {});
    return out;
}

fn wordsOf(sentence: []const u8, small: Set) Error![]const []const u8 {
    var out: std.ArrayList([]const u8) = .empty;
    var words = unicode.Words{ .text = try unicode.lower(gpa, sentence) };
    while (words.next()) |word| {
        if (!small.contains(word)) try out.append(gpa, word);
    }
    return out.items;
}

/// Takes the best sentence that is left, and halves the worth of its words for the next choice.
fn choose(sentences: []Sentence, weights: *Weights) void {
    var best: ?usize = null;
    for (sentences, 0..) |*one, i| {
        if (one.chosen) continue;
        one.score = score(one.*, i, weights.*);
        if (best == null or one.score > sentences[best.?].score) best = i;
    }
    const found = &sentences[best orelse return];
    found.chosen = true;
    for (found.words) |word| weights.getPtr(word).?.* /= 2;
}

fn score(sentence: Sentence, index: usize, weights: Weights) f64 {
    if (sentence.words.len == 0) return 0;
    var total: f64 = 0;
    for (sentence.words) |word| total += weights.get(word).?;
    const count: f64 = @floatFromInt(sentence.words.len);
    // Below about six words a mean says little: a heading of one frequent word must not win.
    const trust = @min(1, count / 6);
    const place: f64 = if (index == 0) 1.25 else 1;
    return total / count * trust * place;
}

fn answer(sentences: []const Sentence) Error!Value {
    var chosen: std.ArrayList([]const u8) = .empty;
    for (sentences) |one| if (one.chosen) try chosen.append(gpa, one.text);
    return .{ .map = try part.fields(.{
        .{ "text", Value{ .text = try joined(chosen.items) } },
        .{ "sentences", try part.textList(chosen.items) },
        .{ "of", try part.integer(sentences.len) },
    }) };
}

/// A space between sentences, but none after an ideographic full stop.
fn joined(sentences: []const []const u8) Error![]const u8 {
    var out: std.ArrayList(u8) = .empty;
    for (sentences, 0..) |sentence, i| {
        const close = i > 0 and std.mem.endsWith(u8, out.items, "。");
        if (i > 0 and !close) try out.append(gpa, ' ');
        try out.appendSlice(gpa, sentence);
    }
    return out.items;
}
