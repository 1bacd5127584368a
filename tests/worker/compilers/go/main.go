// A plain WASI command: reads {"words": [...]} and writes how often each occurs, as JSON.
//
//	GOOS=wasip1 GOARCH=wasm go build -ldflags="-s -w" -o words.wasm main.go
package main

import (
	"encoding/json"
	"fmt"
	"os"
	"sort"
	"strings"
	"time"
)

type input struct {
	Words []string `json:"words"`
}

type output struct {
	Counts  map[string]int `json:"counts"`
	Sorted  []string       `json:"sorted"`
	Args    int            `json:"args"`
	Home    string         `json:"home"`
	Waited  bool           `json:"waited"`
	Missing bool           `json:"missing"`
}

func main() {
	var given input
	if err := json.NewDecoder(os.Stdin).Decode(&given); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
	counts := map[string]int{}
	for _, word := range given.Words {
		counts[strings.ToLower(word)]++
	}
	sorted := make([]string, 0, len(counts))
	for word := range counts {
		sorted = append(sorted, word)
	}
	sort.Strings(sorted)
	began := time.Now()
	time.Sleep(3 * time.Millisecond)
	_, err := os.ReadFile("/etc/passwd")
	answer := output{counts, sorted, len(os.Args), os.Getenv("HOME"), time.Since(began) >= 3*time.Millisecond, err != nil}
	if err := json.NewEncoder(os.Stdout).Encode(answer); err != nil {
		os.Exit(3)
	}
}
