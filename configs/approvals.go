package configs

import (
	"fmt"
	"slices"
	"strings"

	"trilock/custody/approval"
)

// ApprovalFor is what an approval is for.
type ApprovalFor string

// What the site can ask approval for.
const (
	ApproveLoan        ApprovalFor = "lend"
	ApproveExtension   ApprovalFor = "extend"
	ApproveOutsider    ApprovalFor = "outside-reader"
	ApproveCarryingOut ApprovalFor = "carry-out"
	ApproveCopying     ApprovalFor = "copy"
	ApproveLevel       ApprovalFor = "change-level"
	ApproveRetention   ApprovalFor = "change-retention"
	ApproveScope       ApprovalFor = "widen-scope"
	ApproveDestruction ApprovalFor = "destroy"
	ApproveArchives    ApprovalFor = "destroy-archives"
	ApproveTransfer    ApprovalFor = "transfer"
	ApproveVisit       ApprovalFor = "visit"
	ApproveCirculation ApprovalFor = "circulate"
)

// In the order in which people read the policy.
func (ApprovalFor) words() []string {
	return texts(ApproveLoan, ApproveExtension, ApproveOutsider, ApproveCarryingOut, ApproveCopying, ApproveLevel, ApproveRetention, ApproveScope, ApproveDestruction, ApproveArchives, ApproveTransfer, ApproveVisit, ApproveCirculation)
}

// Plan is who approves, in the grammar of package approval: "unit-leader and general-office-head
// then supervising-leader". Empty: nobody is asked.
type Plan string

func (p *Plan) set(text string) bool {
	*p = Plan(strings.Join(strings.Fields(text), " "))
	parsed, err := approval.Parse(text)
	return err == nil && !slices.ContainsFunc(parsed.Posts(), func(post string) bool { return !slices.Contains(Post("").words(), post) })
}

func (*Plan) form() string {
	return fmt.Sprintf("posts with “then”, “and”, “or”, or “2 of (a, b)”, such as “unit-leader then general-office-head”; the posts are %s", strings.Join(Post("").words(), ", "))
}

func (*Plan) schema() map[string]any {
	return map[string]any{"type": "string", "maxLength": approval.MaxTextLen}
}

// Parsed returns the plan. It has been checked when the file was read.
func (p Plan) Parsed() approval.Plan {
	parsed, err := approval.Parse(string(p))
	if err != nil {
		panic("configs: plan " + string(p) + " was not checked: " + err.Error())
	}
	return parsed
}

// defaultApprovals is rules.md in one page.
func defaultApprovals() map[ApprovalFor]map[Level]Plan {
	every := func(p Plan, levels ...Level) map[Level]Plan {
		m := map[Level]Plan{}
		for _, l := range levels {
			m[l] = p
		}
		return m
	}
	return map[ApprovalFor]map[Level]Plan{
		// CIR-1: both sides, and for top secret the leader. Confidential: the two badges of the hand-over are both sides.
		// An extension that has no plan of its own is approved as the loan was (CIR-10).
		ApproveLoan:        {Secret: "unit-leader and general-office-head", TopSecret: "unit-leader and general-office-head then supervising-leader"},
		ApproveOutsider:    every("general-office-head then supervising-leader", Confidential, Secret, TopSecret),     // CIR-12
		ApproveCarryingOut: every("supervising-leader", Internal, Confidential, Secret, TopSecret),                    // OUT-1
		ApproveCopying:     {Confidential: "unit-leader", Secret: "unit-leader", TopSecret: "issuing-body"},           // CPY-1
		ApproveLevel:       every("confidentiality-officer", Internal, Confidential, Secret, TopSecret),               // REG-3
		ApproveRetention:   every("confidentiality-officer", Internal, Confidential, Secret, TopSecret),               // REG-3
		ApproveScope:       every("supervising-leader or issuing-body", Confidential, Secret, TopSecret),              // REG-5
		ApproveDestruction: every("supervising-leader or general-manager", Internal, Confidential, Secret, TopSecret), // DES-1
		ApproveArchives:    every("general-manager", Internal, Confidential, Secret, TopSecret),                       // DES-1: archives that have expired
		ApproveTransfer:    every("supervising-leader", Internal, Confidential, Secret, TopSecret),                    // DES-4
		ApproveVisit:       {Public: "general-office-head"},                                                           // ACC-2
		ApproveCirculation: {TopSecret: "supervising-leader"},                                                         // CIR-5: besides the head of the office, who sets the list
	}
}
