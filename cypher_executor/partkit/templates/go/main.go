// A part: one JSON map in on standard input, one JSON value out on standard output.
//
// A failure is a value too: {"error": {"code", "message", "retryable"}}. Standard error is the log of the step.
package main

import (
	"encoding/json"
	"fmt"
	"os"
)

type input struct {
	Name string `json:"name"`
}

type output struct {
	Greeting string `json:"greeting"`
}

type failure struct {
	Code      string `json:"code"`
	Message   string `json:"message"`
	Retryable bool   `json:"retryable"`
}

func (f *failure) Error() string { return f.Message }

func run(given input) (*output, error) {
	if given.Name == "" {
		return nil, &failure{Code: "bad_input", Message: "`name` is missing; give it in the node's map"}
	}
	return &output{Greeting: fmt.Sprintf("Hello, %s!", given.Name)}, nil
}

func main() {
	var given input
	err := json.NewDecoder(os.Stdin).Decode(&given)
	if err != nil {
		err = &failure{Code: "bad_input", Message: err.Error()}
	}
	var answer any
	if err == nil {
		answer, err = run(given)
	}
	if err != nil {
		answer = map[string]any{"error": err}
	}
	if err := json.NewEncoder(os.Stdout).Encode(answer); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
