package page

import (
	"slices"

	"canonicallineexporter/internal/database"
	"canonicallineexporter/internal/questions"
)

// definitionView shows what a function amounts to: its definition in the database.
func definitionView(r *reading) *view {
	v := r.newView("SQL")
	if !slices.Contains(questions.Names(), r.id) {
		v.missing = true
		v.Sentence = []fragment{strong("There is no such question.")}
		return v
	}
	name := r.store.name()
	function := name.Sibling(name.Name + "_" + r.id)
	asked := r.ask(v, call{function: "questions", rest: " AS asked CROSS JOIN LATERAL (" +
		"SELECT pg_catalog.pg_get_functiondef(pg_catalog.to_regproc(" + database.QuoteLiteral(function.String()) + ")::pg_catalog.oid) AS definition" +
		") AS made WHERE asked.function = " + database.QuoteLiteral(function.Name)})[0]
	if asked.err != nil {
		v.Sentence = []fragment{say(r.problem(asked.err))}
		return v
	}
	found := asked.answer.first()
	v.Sentence = []fragment{say(found.text("question"))}
	v.Notes = []fragment{say(found.text("explanation"))}
	v.Sections = []*section{{ID: "definition", Title: function.Name, Note: found.text("arguments"), Quote: found.text("definition")}}
	return v
}
