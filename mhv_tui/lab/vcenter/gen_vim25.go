//go:build ignore

// Writes vim25.txt, the names that Go's reflection cannot list: every vim25 type ("type NAME") and what every method returns
// ("method NAME GOTYPE", or "-" for nothing). Run `go generate` after a change of govmomi's release in go.mod.
package main

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/parser"
	"go/printer"
	"go/token"
	"log"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

func main() {
	out, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "github.com/vmware/govmomi").Output()
	if err != nil {
		log.Fatal(err)
	}
	dir := filepath.Join(strings.TrimSpace(string(out)), "vim25", "types")
	var lines []string
	for _, name := range []string{"types.go", "enum.go", "if.go", "unreleased.go"} {
		file, err := parser.ParseFile(token.NewFileSet(), filepath.Join(dir, name), nil, 0)
		if err != nil {
			log.Fatal(err)
		}
		lines = append(lines, read(file)...)
	}
	slices.Sort(lines)
	if err := os.WriteFile("vim25.txt", []byte(strings.Join(slices.Compact(lines), "\n")+"\n"), 0o644); err != nil {
		log.Fatal(err)
	}
}

func read(file *ast.File) []string {
	var lines []string
	for _, decl := range file.Decls {
		group, ok := decl.(*ast.GenDecl)
		if !ok || group.Tok != token.TYPE {
			continue
		}
		for _, spec := range group.Specs {
			t := spec.(*ast.TypeSpec)
			name := t.Name.Name
			body, isStruct := t.Type.(*ast.StructType)
			method, isResponse := strings.CutSuffix(name, "Response")
			switch {
			case isResponse && isStruct:
				lines = append(lines, fmt.Sprintf("method %s %s", method, returns(body)))
			case isStruct && !strings.HasSuffix(name, "RequestType"), isEnum(t):
				lines = append(lines, "type "+name)
			}
		}
	}
	return lines
}

func isEnum(t *ast.TypeSpec) bool {
	base, ok := t.Type.(*ast.Ident)
	return ok && base.Name == "string"
}

func returns(body *ast.StructType) string {
	for _, field := range body.Fields.List {
		var text bytes.Buffer
		_ = printer.Fprint(&text, token.NewFileSet(), field.Type)
		return text.String()
	}
	return "-"
}
