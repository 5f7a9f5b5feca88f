package jsliteral

import (
	"errors"
	"iter"
	"slices"
	"strings"

	"github.com/tdewolff/parse/v2"
	"github.com/tdewolff/parse/v2/js"
)

// A Program is code that has been parsed.
type Program struct {
	statements []js.IStmt
}

// Parse parses code as it may stand in a module or inside of a function: with await and with return. The error is a sentence of one
// line that says what is wrong and where.
func Parse(code string) (*Program, error) {
	tree, err := js.Parse(parse.NewInputString(code), js.Options{Inline: true})
	if err != nil {
		// The parser's message goes on over several lines with a picture.
		problem, _, _ := strings.Cut(err.Error(), "\n")
		return nil, errors.New(problem)
	}
	return &Program{statements: tree.List}, nil
}

// FindCall returns the arguments of the first statement that calls the global function of this name, and whether the program has other
// statements. It is not ok if there is no such call.
func (p *Program) FindCall(name string) (arguments []Expression, others, ok bool) {
	for _, statement := range p.statements {
		var expression js.IExpr
		switch s := statement.(type) {
		case *js.ExprStmt:
			expression = s.Value
		case *js.VarDecl:
			if len(s.List) == 1 {
				expression = s.List[0].Default
			}
		case *js.ReturnStmt:
			expression = s.Value
		case *js.EmptyStmt, *js.Comment:
			continue
		}
		if list, called := callOf(expression, name); called && !ok {
			arguments, ok = expressions(list), true
			continue
		}
		others = true
	}
	return arguments, others, ok
}

// callOf looks through what stands around a call: await, parentheses, an assignment, and what is done with the promise that it returns.
func callOf(e js.IExpr, name string) (arguments []js.Arg, ok bool) {
	for {
		switch x := e.(type) {
		case *js.UnaryExpr:
			if x.Op != js.AwaitToken && x.Op != js.VoidToken {
				return nil, false
			}
			e = x.X
		case *js.GroupExpr:
			e = x.X
		case *js.BinaryExpr:
			if x.Op != js.EqToken {
				return nil, false
			}
			e = x.Y
		case *js.DotExpr:
			e = x.X
		case *js.CallExpr:
			if isGlobal(x.X, name) {
				return x.Args.List, true
			}
			e = x.X
		default:
			return nil, false
		}
	}
}

// An Expression is a part of a program that stands for a value, and has not been evaluated yet.
type Expression struct {
	code   js.IExpr
	spread bool
}

func expressions(list []js.Arg) []Expression {
	all := make([]Expression, len(list))
	for i, argument := range list {
		all[i] = Expression{code: argument.Value, spread: argument.Rest}
	}
	return all
}

// Spread returns the error for an argument that stands for any number of arguments ("...list"), and nil for any other expression.
func (e Expression) Spread() error {
	if e.spread {
		return notLiteral("...", e.code)
	}
	return nil
}

// Value returns the value of an expression. The error is an [*Error].
func (e Expression) Value() (Value, error) {
	if err := e.Spread(); err != nil {
		return Value{}, err
	}
	return evaluate(e.code)
}

// New returns the arguments of "new name(…)", and whether the expression is of that form.
func (e Expression) New(name string) (arguments []Expression, ok bool) {
	list, ok := isNew(e.code, name)
	return expressions(list), ok
}

// Bare returns an expression without the parentheses around it.
func (e Expression) Bare() Expression {
	for group, ok := e.code.(*js.GroupExpr); ok; group, ok = e.code.(*js.GroupExpr) {
		e.code = group.X
	}
	return e
}

// Members returns the members of an object that is written out, by name and not evaluated, and whether the expression is one. It ends
// with the first member that has no name and value, with an [*Error].
func (e Expression) Members() (members iter.Seq2[Member, error], ok bool) {
	object, ok := e.code.(*js.ObjectExpr)
	if !ok {
		return nil, false
	}
	return func(yield func(Member, error) bool) {
		for _, property := range object.List {
			name, err := propertyName(property)
			if err != nil {
				yield(Member{}, err)
				return
			}
			if !yield(Member{Name: name, Expression: Expression{code: property.Value}}, nil) {
				return
			}
		}
	}, true
}

// A Member is a name of an object and the expression beside it.
type Member struct {
	Expression

	Name string
}

// NotLiteral returns the error for an expression whose value does not fit its place; what says which place.
func (e Expression) NotLiteral(what string) error { return notLiteral(what, e.code) }

// isGlobal reports whether an expression is a global name, alone or as a member of the global object.
func isGlobal(e js.IExpr, name string) bool {
	switch x := e.(type) {
	case *js.Var:
		return string(x.Name()) == name
	case *js.DotExpr:
		object, ok := x.X.(*js.Var)
		return ok && memberName(x) == name && slices.Contains([]string{"window", "globalThis", "self"}, string(object.Name()))
	default:
		return false
	}
}

// memberName returns the name after the dot.
func memberName(x *js.DotExpr) string {
	switch y := x.Y.(type) {
	case *js.LiteralExpr:
		return string(y.Data)
	case js.LiteralExpr:
		return string(y.Data)
	default:
		return ""
	}
}
