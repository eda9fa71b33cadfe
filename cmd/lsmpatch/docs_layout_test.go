// SPDX-License-Identifier: GPL-2.0-only

package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path"
	"strings"
	"testing"
)

// TestEachExportedNameIsDocumented: who reads `go doc` of a package finds what each of its names is for. In a group of
// constants a comment stands for the names below it too; String and Error are what they are everywhere.
func TestEachExportedNameIsDocumented(t *testing.T) {
	packages := map[string]bool{}
	eachGoFile(t, func(file string, src []byte) {
		if strings.HasSuffix(file, "_test.go") {
			return
		}
		fset := token.NewFileSet()
		f, err := parser.ParseFile(fset, file, src, parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		packages[path.Dir(file)] = packages[path.Dir(file)] || f.Doc != nil
		for _, d := range f.Decls {
			for _, name := range undocumented(d) {
				t.Errorf("%s: %s has no comment", fset.Position(name.Pos()), name.Name)
			}
		}
	})
	for dir, has := range packages {
		if !has {
			t.Errorf("package %s has no comment", dir)
		}
	}
}

// undocumented returns the exported names of a declaration that nothing is said of.
func undocumented(d ast.Decl) []*ast.Ident {
	var names []*ast.Ident
	switch d := d.(type) {
	case *ast.FuncDecl:
		if d.Doc == nil && d.Name.IsExported() && d.Name.Name != "String" && d.Name.Name != "Error" && (d.Recv == nil || isExported(d.Recv.List[0].Type)) {
			names = append(names, d.Name)
		}
	case *ast.GenDecl:
		said := d.Doc != nil
		for _, s := range d.Specs {
			switch s := s.(type) {
			case *ast.TypeSpec:
				if !said && s.Doc == nil && s.Name.IsExported() {
					names = append(names, s.Name)
				}
			case *ast.ValueSpec:
				said = said || s.Doc != nil
				for _, n := range s.Names {
					if !said && s.Comment == nil && n.IsExported() {
						names = append(names, n)
					}
				}
			}
		}
	}
	return names
}

// isExported reports whether a receiver is of an exported type.
func isExported(t ast.Expr) bool {
	for {
		switch x := t.(type) {
		case *ast.StarExpr:
			t = x.X
		case *ast.IndexExpr:
			t = x.X
		case *ast.Ident:
			return x.IsExported()
		default:
			return false
		}
	}
}
