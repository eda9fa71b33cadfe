// SPDX-License-Identifier: GPL-2.0-only

package kconfig

import (
	"encoding/json"
	"errors"
)

var errNotKept = errors.New("no plan was kept here")

// kept is a plan with what its JSON for people leaves out.
type kept struct {
	Plan  *Plan      `json:"plan"`
	Texts []string   `json:"texts"` // of the configurations
	Unset [][]string `json:"unset"`
}

// Keep returns the plan for [Recall].
func (p *Plan) Keep() ([]byte, error) {
	k := kept{Plan: p}
	for i := range p.Configs {
		k.Texts, k.Unset = append(k.Texts, p.Configs[i].Text), append(k.Unset, p.Configs[i].unset)
	}
	return json.Marshal(k)
}

// Recall returns the plan that [Plan.Keep] kept.
func Recall(data []byte) (*Plan, error) {
	var k kept
	if err := json.Unmarshal(data, &k); err != nil {
		return nil, err
	}
	if k.Plan == nil || len(k.Texts) != len(k.Plan.Configs) || len(k.Unset) != len(k.Texts) || len(k.Texts) == 0 {
		return nil, errNotKept
	}
	for i := range k.Texts {
		k.Plan.Configs[i].Text, k.Plan.Configs[i].unset = k.Texts[i], k.Unset[i]
	}
	return k.Plan, nil
}
