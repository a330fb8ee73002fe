//! What calls were judged by: models, rules and scorecards, by their digests.

use std::collections::{BTreeMap, BTreeSet};

use rusqlite::{OptionalExtension, params};

use crate::{
    lang::Lang,
    rules::Rule,
    scoring::Scorecard,
    store::{Store, StoreError, to_json},
};

impl Store {
    pub fn remember_model(&mut self, digest: &str, name: &str) -> Result<(), StoreError> {
        self.connection.execute(
            "INSERT INTO models VALUES (?, ?) ON CONFLICT DO NOTHING",
            [digest, name],
        )?;
        Ok(())
    }

    /// The name under which a model was used.
    pub fn model_name(&self, digest: &str) -> Result<Option<String>, StoreError> {
        let mut statement = self
            .connection
            .prepare_cached("SELECT name FROM models WHERE digest = ?")?;
        Ok(statement.query_row([digest], |row| row.get(0)).optional()?)
    }

    pub fn remember_rules(&mut self, rules: &[Rule]) -> Result<(), StoreError> {
        let transaction = self.connection.transaction()?;
        for rule in rules {
            transaction
                .prepare_cached(
                    "INSERT INTO rules VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
                     ON CONFLICT DO UPDATE SET points = excluded.points",
                )?
                .execute(params![
                    rule.digest,
                    rule.id,
                    rule.title,
                    rule.title_en.as_deref().unwrap_or(&rule.title),
                    to_json(&rule.severity),
                    rule.is_scored(),
                    to_json(&rule.basis),
                    rule.remedy,
                    rule.points,
                ])?;
        }
        Ok(transaction.commit()?)
    }

    /// Ids of all rules that have judged anything.
    pub fn known_rules(&self) -> Result<BTreeSet<String>, StoreError> {
        let mut statement = self
            .connection
            .prepare_cached("SELECT DISTINCT rule_id FROM rules")?;
        let rows = statement.query_map([], |row| row.get(0))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// The id of a rule that has judged something, by its id or title.
    pub fn rule_named(&self, name: &str) -> Result<Option<String>, StoreError> {
        let mut statement = self.connection.prepare_cached(
            "SELECT rule_id FROM rules WHERE rule_id = ?1 OR title = ?1 OR title_en = ?1
             ORDER BY rule_id <> ?1 LIMIT 1",
        )?;
        Ok(statement.query_row([name], |row| row.get(0)).optional()?)
    }

    /// What the rules that have judged anything are called, by id; of one that was renamed, one of its
    /// names.
    pub fn rule_titles(&self, lang: Lang) -> Result<BTreeMap<String, String>, StoreError> {
        let title = lang.pick("title", "title_en");
        let mut statement = self.connection.prepare_cached(&format!(
            "SELECT rule_id, {title} FROM rules ORDER BY digest"
        ))?;
        let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Keeps a scorecard, so that a call can be scored again when people decide.
    pub fn remember_scorecard(&mut self, digest: &str, card: &Scorecard) -> Result<(), StoreError> {
        self.connection.execute(
            "INSERT INTO scorecards VALUES (?, ?) ON CONFLICT DO NOTHING",
            [digest, &to_json(card)],
        )?;
        Ok(())
    }
}
