//! What a class does to its readers' labs, and what it sees of them.

use lifeline::{
    class::order::{Broken, Order, Steering, Whom, Wish},
    fault::{Fault, Kind},
    wire::{
        FORMAT, Fact, Technique,
        control::{Command, Down, Up},
        observation::ClientSettings,
    },
};

use crate::{
    classroom::{Class, Page, Reader},
    support::{Course, Lab, Page as LabPage, saw},
};

fn latency(id: u32, whom: Whom) -> Broken {
    let kind: Kind = serde_json::from_str(r#"{"latency":{"base_ms":100}}"#).unwrap();
    Broken { fault: Fault { seed: 7, ..Fault::new(id, kind) }, whom }
}

struct Member {
    reader: Reader,
    page: Page,
    lab: Lab,
    own: LabPage,
}

async fn member(course: &Course, class: &Class, spec: &str) -> Member {
    let reader = class.join("").await;
    let mut page = class.reader(&reader).await;
    let lab = course.lab(spec).await;
    let own = lab.page().await;
    page.has(&lab).await;
    Member { reader, page, lab, own }
}

impl Member {
    fn ids(&self) -> Vec<u32> {
        self.own.state.faults.iter().map(|fault| fault.id).collect()
    }

    /// Waits until the lab has exactly these faults.
    async fn has(&mut self, ids: &[u32]) {
        while self.ids() != ids {
            let no = self.own.records.last().map_or(0, |record| record.no);
            self.own.until_after(no).await;
        }
    }
}

#[tokio::test]
async fn faults_reach_those_they_are_for_and_who_comes_late() {
    let course = Course::start().await;
    let class = Class::open(&course).await;
    let mut members = Vec::new();
    for _ in 0..4 {
        members.push(member(&course, &class, "{}").await);
    }
    let mut desk = class.desk(1).await;
    desk.order(Order::Break {
        faults: vec![
            latency(1, Whom::All),
            latency(2, Whom::One { reader: 2 }),
            latency(3, Whom::Some { count: 2 }),
            latency(4, Whom::Share { percent: 0 }),
            latency(5, Whom::Share { percent: 100 }),
        ],
    })
    .await;
    let mut struck = 0;
    for member in &mut members {
        let no = member.reader.no;
        member.page.until("faults", |page| page.own().faults.len() >= 2).await;
        let ids: Vec<u32> = member.page.own().faults.iter().map(|fault| fault.id).collect();
        member.has(&ids).await;
        assert!(ids.contains(&1) && ids.contains(&5) && !ids.contains(&4), "{ids:?}");
        assert_eq!(ids.contains(&2), no == 2);
        struck += usize::from(ids.contains(&3));
    }
    assert_eq!(struck, 2);

    // One who comes late, and a lab in place of another.
    desk.order(Order::Break { faults: vec![latency(1, Whom::All)] }).await;
    let mut late = member(&course, &class, "{}").await;
    late.has(&[1]).await;
    let second = course.lab("{}").await;
    let own = second.page().await;
    late.page.has(&second).await;
    let mut late = Member { lab: second, own, ..late };
    late.has(&[1]).await;

    // A reader who begins anew has them again.
    late.own.command(Command::Reset).await;
    late.has(&[1]).await;

    // Taken away, labs are clean, also of one who leaves.
    late.page.wish(Wish::Leave).await;
    late.has(&[]).await;
    desk.order(Order::Panic).await;
    for member in &mut members {
        member.has(&[]).await;
    }
    desk.until("rest", |desk| desk.desk().common.steering.1 == Steering::Free && desk.desk().faults.is_empty()).await;
}

#[tokio::test]
async fn a_lab_keeps_its_own_faults_until_the_class_has_one() {
    let course = Course::start().await;
    let class = Class::open(&course).await;
    let spec = r#"{"faults":[{"id":9,"kind":{"latency":{"base_ms":1}}}]}"#;
    let mut member = member(&course, &class, spec).await;
    let mut desk = class.desk(1).await;
    desk.order(Order::Publish).await;
    member.own.until(|seen| matches!(seen.fact, Fact::Published { by_hand: true, .. })).await;
    assert_eq!(member.ids(), [9]);
    desk.order(Order::Break { faults: vec![latency(1, Whom::All)] }).await;
    member.has(&[1]).await;
}

#[tokio::test]
async fn an_update_reaches_every_lab_and_sums_come_back() {
    let course = Course::start().await;
    let class = Class::open(&course).await;
    let mut members = vec![member(&course, &class, "{}").await, member(&course, &class, "{}").await];
    let mut desk = class.desk(1).await;
    desk.order(Order::Step { step: "a/b".into() }).await;
    for (member, technique) in members.iter_mut().zip(["short_poll", "sse"]) {
        let at = member.own.time().await;
        let settings: ClientSettings = serde_json::from_str(&format!(r#"{{"technique":"{technique}"}}"#)).unwrap();
        let up = Up::Observe { first: 1, seen: vec![saw(at, Fact::Started { settings })], dropped: 0 };
        member.own.socket.say(&up).await;
        assert!(matches!(member.own.answer().await, Down::Taken { upto: 1 }));
        member.page.wish(Wish::Runs { runs: true }).await;
    }
    desk.order(Order::Publish).await;
    for member in &mut members {
        member.own.until(|seen| matches!(seen.fact, Fact::Published { seq: 1, by_hand: true })).await;
        let polled = member.lab.get("poll?c=1&n=1&cursor=0").await;
        assert_eq!(polled.status, 200);
    }
    desk.until("sums", |desk| {
        let rows = &desk.desk().readers;
        rows.iter().all(|row| row.lab && row.runs && row.sums.bytes > 0) && rows.len() == 2
    })
    .await;
    let part = &desk.desk().parts[0];
    assert_eq!(part.readers, 2);
    assert!(
        part.sums.bytes > 0 && part.sums.bytes == desk.desk().readers.iter().map(|row| row.sums.bytes).sum::<u64>()
    );
    let techniques: Vec<_> = desk.desk().readers.iter().map(|row| row.sums.technique).collect();
    assert_eq!(techniques, [Some(Technique::ShortPoll), Some(Technique::Sse)]);
    let only = Whom::Technique { technique: Technique::Sse };
    desk.order(Order::Break { faults: vec![latency(1, only), latency(2, Whom::All)] }).await;
    members[0].has(&[2]).await;
    members[1].has(&[1, 2]).await;

    // The report has what was counted until now, without waiting for the next writing down.
    let csv = class.ask_as_instructor("GET", "/report.csv", "").await.body;
    let bytes = desk.desk().readers[0].sums.bytes.to_string();
    assert!(csv.lines().any(|line| line.starts_with("1,") && line.contains(&format!(",{bytes},"))), "{csv}");
}

#[tokio::test]
async fn who_watches_a_lab_cannot_change_it() {
    let course = Course::start().await;
    let class = Class::open(&course).await;
    let member = member(&course, &class, "{}").await;
    let mut desk = class.desk(1).await;
    let mut wall = class.wall().await;
    desk.order(Order::Pick { reader: Some(1) }).await;
    wall.until("a picture", |wall| wall.wall().watch.is_some()).await;
    let watch = wall.wall().watch.clone().unwrap();
    assert_eq!((watch.reader, &watch.lab), (1, &member.lab.created.lab));
    assert_ne!(watch.secret, member.lab.created.secret);

    // With the owner's own page number, too: the owner stays.
    let mut lab = member.lab.clone();
    lab.created.secret = watch.secret.clone();
    let mut watcher = lab.page().await;
    for command in [Command::Publish, Command::Reset, Command::Distance { ms: 0 }, Command::Faults { faults: vec![] }] {
        let why = watcher.try_command(command).await.unwrap_err();
        assert!(why.contains("follow"), "{why}");
    }
    watcher.socket.say(&Up::Observe { first: 1, seen: vec![saw(0, Fact::Skipped)], dropped: 0 }).await;
    assert!(matches!(watcher.answer().await, Down::Refused { id: None, .. }));
    let bearer = format!("Authorization: Bearer {}\r\n", watch.secret);
    let target = format!("/api/labs/{}/publish", watch.lab);
    assert_eq!(crate::support::ask(class.site, "POST", &target, &bearer, "").await.status, 401);
    let Member { mut own, .. } = member;
    own.command(Command::Publish).await;
    watcher.until(|seen| matches!(seen.fact, Fact::Published { seq: 1, by_hand: true })).await;

    // A wrong secret follows nothing, and is nobody's lab.
    lab.created.secret = "a".repeat(32);
    let mut socket = lab.socket().await;
    socket.say(&Up::Hello { format: FORMAT, secret: lab.created.secret.clone(), page: 1, resume: None }).await;
    assert_eq!(socket.closed().await.0, 4403);
    let thief = class.join("").await;
    let mut thief = class.reader(&thief).await;
    for secret in [watch.secret, lab.created.secret] {
        let wish = Wish::Lab { lab: watch.lab.clone(), secret };
        assert_eq!(thief.try_wish(wish).await, Err(lifeline::class::view::Refusal::NoLab));
    }
}
