"""A table of layouts: trees as people have them, and what each must open to, or the words of the refusal.

A tree is written as folders with a number of images, `train/cat*2`, and as other files, `notes.txt`. What it opens to
is written as `class=folders`, training first, the test part behind a bar. Every image is another one: each is looked
for among the opened ones, and its label compared by name.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest

from etascope.images.folders.class_folders import TreeReading
from etascope.images.folders.layout import read_parts
from etascope.images.folders.tree import read_tree
from etascope.images.open import open_images
from tests.images.making import picture, pictures, refused, write_folder


@dataclass(frozen=True)
class Row:
    """One layout."""

    name: str
    tree: str
    opens: str = ""
    #: Words of a note, or of the refusal where nothing opens.
    words: tuple[str, ...] = ()
    left_out: int = 0
    links: dict[str, str] = field(default_factory=dict[str, str])


CLASSES = "cat*3 dog*3"
PLAIN = "cat=cat dog=dog"
SPLIT = "cat={0}/cat dog={0}/dog | cat={1}/cat dog={1}/dog"


def both(train: str, test: str) -> str:
    return f"{train}/cat*3 {train}/dog*3 {test}/cat*2 {test}/dog*2"


OPENED = [
    # Classes alone.
    Row("classes", CLASSES, PLAIN),
    Row("numbers in order", "10*2 2*2 1*2", "1=1 2=2 10=10"),
    Row("papers beside the classes", f"{CLASSES} README.md labels.csv LICENSE", PLAIN),
    Row("a stray image", f"{CLASSES} .*1", PLAIN, ("1 image directly in", "belongs to no class"), 1),
    Row("an empty folder", f"{CLASSES} docs/", PLAIN, ("docs is no class",)),
    Row("a folder of papers", f"{CLASSES} docs/a.md docs/b.txt", PLAIN, ("docs is no class",)),
    Row("deeper images join", "cat*2 cat/more*2 dog*3", "cat=cat,cat/more dog=dog",
        ("2 images lie in folders below those of their classes, and are theirs",)),
    Row("masks below a class", "cat*2 cat/masks*2 dog*3", "cat=cat dog=dog", ("2 images in masks were left out",), 2),
    *(Row(f"{masks} below a class", f"cat*2 cat/{masks}*2 dog*3", "cat=cat dog=dog", (f"2 images in {masks} were",), 2)
      for masks in ("mask", "lung_masks", "gt", "GroundTruth")),
    Row("COVID-QU", "COVID/images*2 COVID/lung_masks*2 Normal/images*3 Normal/lung_masks*3",
        "COVID=COVID/images Normal=Normal/images", ("2 images in lung_masks were left out", "COVID"), 5),
    Row("with and without masks below a class", "cat*2 cat/with_mask*2 dog*3", "cat=cat,cat/with_mask dog=dog"),
    Row("tiny ImageNet", "train/n01/images*2 train/n01/b.txt train/n02/images*2 val/images*3 val/a.txt test/images*3",
        "n01=train/n01/images n02=train/n02/images", ("6 images in test and val were left out", "no label"), 7),
    Row("weights beside the classes", f"{CLASSES} models/m.pt features/f.h5", PLAIN, ("features and models are no",)),
    Row("each class one level deeper", "cat/2019*2 cat/2020*1 dog/home*2", "cat=cat/2019,cat/2020 dog=dog/home",
        ("the class is the upper folder",)),
    Row("patients", "sick/p1*2 sick/p7*2 well/p3*2", "sick=sick/p1,sick/p7 well=well/p3"),
    Row("images in each class", "cat/images*2 dog/images*2", "cat=cat/images dog=dog/images"),
    Row("images and masks in each class", "COVID/images*2 COVID/masks*2 Normal/images*3 Normal/masks*3",
        "COVID=COVID/images Normal=Normal/images", ("2 images in masks were left out", "COVID"), 5),
    Row("one of them unreadable in part", "cat*2 cat/a.heic cat/b.heic dog*2", PLAIN, ("2 .heic files",), 2),
    Row("captions beside images", "cat*2 cat/img0.txt dog*2 dog/info.json", PLAIN, ("1 .json file", "1 .txt file"), 2),
    Row("names without an ending", "cat*2 cat/scan dog*2", PLAIN, ("1 file without an ending",), 1),
    Row("thumbnails", "cat*2 cat/@eaDir*2 dog*2 @eaDir*3", PLAIN),
    Row("thumbs in a class", "cat*2 cat/thumbs*2 dog*2", PLAIN, ("2 images in thumbs were left out",), 2),
    Row("hidden and system folders", f"{CLASSES} .git*1 __MACOSX/cat*2 .ipynb_checkpoints*1 $RECYCLE.BIN*1", PLAIN),
    Row("system files", f"{CLASSES} cat/Thumbs.db cat/desktop.ini cat/.DS_Store", PLAIN),
    Row("masks as classes", "with_mask*2 without_mask*2", "with_mask=with_mask without_mask=without_mask"),
    Row("mask and no mask", "mask*2 no_mask*2", "mask=mask no_mask=no_mask"),
    *(Row(f"mask and {other}", f"{mask}*2 {other}*2", f"{mask}={mask} {other}={other}")
      for mask, other in (("mask", "nomask"), ("Mask", "Non-Mask"), ("masked", "unmasked"))),
    Row("three ways to wear a mask", "with_mask*2 without_mask*2 mask_worn_incorrectly*2",
        "mask_worn_incorrectly=mask_worn_incorrectly with_mask=with_mask without_mask=without_mask"),
    Row("figures as classes", "figures*2 plots*2 tables*2 graphs*2 masks*2",
        "figures=figures plots=plots tables=tables graphs=graphs masks=masks"),
    Row("unknown is a class", "cat*2 dog*2 unknown*2", "cat=cat dog=dog unknown=unknown"),
    # Classes that are called like a part.
    Row("a class called train", "bus*2 car*2 train*2 truck*2", "bus=bus car=car train=train truck=truck",
        ("train was taken for a class",)),
    Row("a class called Train", "Bus*2 Car*2 Train*2", "Bus=Bus Car=Car Train=Train", ("Train was taken",)),
    Row("two classes, one called train", "train*2 car*2", "car=car train=train", ("train was taken for a class",)),
    Row("valid and invalid", "valid*2 invalid*2", "invalid=invalid valid=valid", ("valid was taken for a class",)),
    Row("test and control", "test*2 control*2", "control=control test=test", ("test was taken for a class",)),
    Row("a bullet train", "bullet_train*2 freight_car*2 passenger_car*2",
        "bullet_train=bullet_train freight_car=freight_car passenger_car=passenger_car"),
    Row("places", "train_station*2 train_interior*2 test_track*2",
        "train_station=train_station train_interior=train_interior test_track=test_track"),
    Row("a test tube", "beaker*2 test_tube*2 flask*2", "beaker=beaker test_tube=test_tube flask=flask"),
    Row("training of real and fake", "training_real*2 training_fake*2",
        "training_real=training_real training_fake=training_fake"),
    Row("a dev board", "dev_board*2 eval_board*2", "dev_board=dev_board eval_board=eval_board"),
    Row("trainers are shoes", "trainers*2 boots*2", "trainers=trainers boots=boots"),
    Row("classes called train and car in a split", "train/train*2 train/car*2 test/train*1 test/car*1",
        "train=train/train car=train/car | train=test/train car=test/car"),
    Row("numbers that are no pieces", "c0*2 c1*2 c9*2", "c0=c0 c1=c1 c9=c9"),
    *(Row(f"classes with numbers: {one}", f"{one}*2 {two}*2", f"{one}={one} {two}={two}")
      for one, two in (("Sample001", "Sample002"), ("class_1", "class_2"), ("n01", "n02"), ("s1", "s2"),
                       ("part_left", "part_right"), ("image_real", "image_fake"))),
    Row("a label among many", "box*2 can*2 label*2 jar*2", "box=box can=can label=label jar=jar"),
    # Classes that hold folders.
    Row("years of one class, one folder of the other", "cat/2019-05-01*2 cat/2020*1 dog/2021/home*2",
        "cat=cat/2019-05-01,cat/2020 dog=dog/2021/home"),
    Row("patients with scans", "sick/p1/scan*2 sick/p2/scan*2 well/p3/scan*2",
        "sick=sick/p1/scan,sick/p2/scan well=well/p3/scan", ("the class is the upper folder",)),
    Row("kinds of kinds", "fish/shark*2 fish/trout*2 mammal/seal*2 mammal/otter*2",
        "fish=fish/shark,fish/trout mammal=mammal/seal,mammal/otter", ("the class is the upper folder",)),
    Row("a kit for tests", "test_kit*2 swab_kit*2 blood_kit*2",
        "blood_kit=blood_kit swab_kit=swab_kit test_kit=test_kit"),
    Row("one kind of a kind", "Bird/Parrot*2 Bird/Macaw*2 Mammal/Lion*2 Mammal/Tiger*2 Fish/Carp*2",
        "Bird=Bird/Parrot,Bird/Macaw Mammal=Mammal/Lion,Mammal/Tiger Fish=Fish/Carp", ("the upper folder",)),
    Row("many kinds of kinds, one with a single one", "a/x*1 a/y*1 b/u*1 b/v*1 c/r*1 c/s*1 d/m*1 d/n*1 e/only*2",
        "a=a/x,a/y b=b/u,b/v c=c/r,c/s d=d/m,d/n e=e/only"),
    Row("kinds of kinds under parts", "train/fish/shark*2 train/mammal/seal*2 test/fish/shark*1 test/mammal/seal*1",
        "fish=train/fish/shark mammal=train/mammal/seal | fish=test/fish/shark mammal=test/mammal/seal",
        ("deeper than the folders in", "train; the class is the upper folder")),
    Row("kinds of trains under parts",
        "train/train/steam*2 train/train/diesel*2 train/car/suv*2 train/car/sedan*2 test/train/steam*1 test/car/suv*1",
        "train=train/train/steam,train/train/diesel car=train/car/suv,train/car/sedan | "
        "train=test/train/steam car=test/car/suv"),
    Row("masks under the name of their class", "Shrimp/Shrimp*2 Shrimp/ShrimpGT*2 Trout/Trout*3 Trout/TroutGT*3",
        "Shrimp=Shrimp/Shrimp Trout=Trout/Trout", ("2 images in ShrimpGT were left out",), 5),
    Row("valid, invalid and expired", "valid*2 invalid*2 expired*2", "expired=expired invalid=invalid valid=valid",
        ("valid was taken for a class",)),
    Row("letters as classes", "a/p1*2 a/p2*2 b/p3*2", "a=a/p1,a/p2 b=b/p3", ("the class is the upper folder",)),
    # Names that are seldom those of classes: told.
    *(Row(f"{name} among classes, told", f"{CLASSES} ant*3 {name}*2", f"{PLAIN} ant=ant {name}={name}",
          (f"{name} was taken for a class, as it lies among classes",))
      for name in ("backup", "trash", "outputs", "tests", "holdout", "real_test", "dogs-vs-cats-test", "bullet_train",
                   "test_ant", "ant_old", "raw_ant", "thumbs", "New-folder", "t10k", "unseen", "misc", "runs",
                   "checkpoints", "wandb", "copy_ant")),
    Row("a test tube, told", "beaker*2 test_tube*2", "beaker=beaker test_tube=test_tube", ("test_tube was taken for",)),
    Row("a tube and a test tube", "tube*2 test_tube*2 flask*2", "flask=flask test_tube=test_tube tube=tube",
        ("test_tube was taken for a class",)),
    Row("steam and a steam train", "steam*2 steam_train*2 car*2", "car=car steam=steam steam_train=steam_train",
        ("steam_train was taken for a class",)),
    Row("a Ford GT", "Audi*2 Ford*2 Ford-GT*7", "Audi=Audi Ford=Ford Ford-GT=Ford-GT", ("Ford-GT was taken for a",)),
    Row("a face mask", "face*2 face_mask*6 hat*2", "face=face face_mask=face_mask hat=hat", ("face_mask was taken",)),
    Row("a year is no number of a copy", "Audi*2 Audi_(2010)*2 BMW*2", "Audi=Audi Audi_(2010)=Audi_(2010) BMW=BMW"),
    Row("masks that are worn", "gas_mask*2 ski_mask*2 helmet*2", "gas_mask=gas_mask ski_mask=ski_mask helmet=helmet"),
    Row("two classes and what was made of them", f"{CLASSES} cat_te*2 dog_te*2", f"{PLAIN} cat_te=cat_te dog_te=dog_te",
        ("cat_te and dog_te were taken for classes, called as others beside with 'te' added.",)),
    Row("a photocopy is no copy", "photo*2 photocopy*2", "photo=photo photocopy=photocopy"),
    Row("odd names in train", "train/cat*3 train/dog*3 train/todo*2 test/cat*1 test/dog*1",
        "cat=train/cat dog=train/dog todo=train/todo | cat=test/cat dog=test/dog", ("todo was taken for a class",)),
    # What is packed, or leads nowhere.
    Row("a packed class", f"{CLASSES} fish.zip cat.zip", PLAIN, ("fish.zip is packed and was not read.",)),
    Row("a packed test", "train/cat*2 train/dog*2 test.tar.gz train.zip", "cat=train/cat dog=train/dog",
        ("test.tar.gz is packed and was not read.",)),
    Row("a link to nothing in a class", CLASSES, PLAIN, ("1 file without an ending",), 1, {"cat/more": "gone"}),
    Row("a linked paper that is gone", CLASSES, PLAIN, links={"README.md": "gone"}),
    Row("a linked paper without an ending that is gone", CLASSES, PLAIN, links={"README": "gone"}),
    Row("an empty train beside classes and their test", f"{CLASSES} test/cat*1 test/dog*1 train/",
        "cat=cat dog=dog | cat=test/cat dog=test/dog", ("train holds no images",)),
    # Wrappers.
    Row("a wrapper", "pets/cat*2 pets/dog*2", "cat=pets/cat dog=pets/dog", ("further down",)),
    Row("two wrappers", "archive/pets/cat*2 archive/pets/dog*2", "cat=archive/pets/cat dog=archive/pets/dog"),
    Row("a wrapper with papers", "pets/cat*2 pets/dog*2 README.txt pets/list.csv", "cat=pets/cat dog=pets/dog"),
    Row("a wrapper beside folders without images", "images/cat*2 images/dog*2 parts/parts.txt attributes/a.txt",
        "cat=images/cat dog=images/dog", ("further down",)),
    Row("CUB-200", "CUB/images/001.Albatross*2 CUB/images/002.Finch*2 CUB/parts/p.txt CUB/images.txt",
        "001.Albatross=CUB/images/001.Albatross 002.Finch=CUB/images/002.Finch"),
    Row("Stanford dogs", "Images/n01-Pug*2 Images/n02-Boxer*2 Annotation/n01-Pug/n01_1 Annotation/n02-Boxer/n02_1",
        "n01-Pug=Images/n01-Pug n02-Boxer=Images/n02-Boxer"),
    Row("Food-101", "food-101/images/pizza*2 food-101/images/ramen*2 food-101/meta/train.json food-101/license.txt",
        "pizza=food-101/images/pizza ramen=food-101/images/ramen"),
    Row("dtd", "dtd/images/banded*2 dtd/images/dotted*2 dtd/labels/a.txt dtd/imdb/imdb.mat",
        "banded=dtd/images/banded dotted=dtd/images/dotted", ("imdb holds no images",)),
    Row("Stanford dogs as packed", "images/Images/pug*2 images/Images/boxer*2 annotations/Annotation/pug/n01_1",
        "boxer=images/Images/boxer pug=images/Images/pug", ("annotations holds no images",)),
    Row("models among the classes", f"{CLASSES} models/a.pt models/b.pt models/c.pt", PLAIN,
        ("models is no class: it holds no images but 3 .pt files",)),
    Row("an archive among the classes", f"{CLASSES} bird/all.zip", PLAIN, ("bird is no class", "but 1 .zip file")),
    *(Row(f"{name} among the classes", f"{CLASSES} {name}", PLAIN, (f"{name.partition('/')[0]} is no class",))
      for name in ("features/cat.npy", "boxes/a.mat", "annotations/n01_1", "labels/cat", "arrays/deep/a.npz")),
    Row("arrays beside the parts", both("train", "test") + " features/a.npy", SPLIT.format("train", "test"),
        ("features holds no images",)),
    *(Row(f"a test part that is not read: {name}", both("train", "val") + f" test/{name}", SPLIT.format("train", "val"),
        ("test holds no images that are read",)) for name in ("scan1", "0.npy", "0.heic")),
    Row("an empty test beside two parts", both("train", "val") + " test/", SPLIT.format("train", "val"),
        ("test holds no images",)),
    Row("plots beside a wrapper", "data/cat*2 data/dog*2 plots*1", "cat=data/cat dog=data/dog",
        ("1 image in plots was left out",), 1),
    Row("a preview beside a wrapper", "data/cat*2 data/dog*2 .*1", "cat=data/cat dog=data/dog",
        ("1 image directly",), 1),
    Row("test alone is a wrapper", "test/cat*2 test/dog*2", "cat=test/cat dog=test/dog", ("further down",)),
    Row("train alone", "train/cat*2 train/dog*2", "cat=train/cat dog=train/dog"),
    Row("an empty test", "train/cat*2 train/dog*2 test/", "cat=train/cat dog=train/dog", ("test holds no images",)),
    # Parts, by their names.
    *(Row(f"{a} and {b}", both(a, b), SPLIT.format(a, b)) for a, b in (
        ("train", "test"), ("Train", "Test"), ("TRAIN", "TEST"), ("training", "testing"), ("train", "val"),
        ("train", "valid"), ("train", "validation"), ("train", "dev"), ("train", "eval"), ("train", "evaluation"),
        ("training_set", "test_set"), ("training-set", "test-set"), ("training set", "test set"),
        ("train_images", "test_images"), ("images_train", "images_test"), ("TrainImages", "TestImages"),
        ("trainset", "testset"), ("train2017", "val2017"), ("train_2", "test_2"), ("01_train", "02_test"),
        ("seg_train", "seg_test"), ("dogs_train", "dogs_test"), ("train-v1.0", "test-v1.0"), ("trainval", "test"),
        ("data_train", "data_val"), ("Training Data", "Validation Data"),
    )),
    Row("split in a wrapper", both("set/train", "set/test"), SPLIT.format("set/train", "set/test")),
    Row("seg_train in seg_train", both("seg_train/seg_train", "seg_test/seg_test") + " seg_pred/seg_pred*4",
        SPLIT.format("seg_train/seg_train", "seg_test/seg_test"), ("4 images in seg_pred were left out",), 4),
    Row("training_set twice", both("training_set/training_set", "test_set/test_set"),
        SPLIT.format("training_set/training_set", "test_set/test_set")),
    Row("images in each part", both("train/images", "test/images"), SPLIT.format("train/images", "test/images")),
    Row("images above the parts", both("images/train", "images/val") + " labels/train/a.txt",
        SPLIT.format("images/train", "images/val")),
    Row("all three", both("train", "test") + " val/cat*1 val/dog*1",
        "cat=train/cat,val/cat dog=train/dog,val/dog | cat=test/cat dog=test/dog", ("val joined the training images",)),
    Row("val alone is the test part", both("train", "val"), SPLIT.format("train", "val"), ("val is the test part",)),
    Row("evaluation beside validation", both("training", "evaluation") + " validation/cat*1 validation/dog*1",
        "cat=training/cat,validation/cat dog=training/dog,validation/dog | cat=evaluation/cat dog=evaluation/dog",
        ("validation joined the training images; evaluation is the test part",)),
    Row("samples to test beside the parts", both("train", "test") + " images_to_test*2", SPLIT.format("train", "test"),
        ("2 images in images_to_test were left out",), 2),
    Row("two trainings", both("train1", "test") + " train2/cat*1 train2/dog*1",
        "cat=train1/cat,train2/cat dog=train1/dog,train2/dog | cat=test/cat dog=test/dog",
        ("training images together",)),
    Row("two tests", both("train", "test_1") + " test_2/cat*1 test_2/dog*1",
        "cat=train/cat dog=train/dog | cat=test_1/cat,test_2/cat dog=test_1/dog,test_2/dog",
        ("test_1 and test_2 are the test part together",)),
    Row("test among the classes", "cat*3 dog*3 test/cat*1 test/dog*1", "cat=cat dog=dog | cat=test/cat dog=test/dog"),
    Row("val and test among the classes", "cat*3 dog*3 test/cat*1 test/dog*1 val/cat*1 val/dog*1",
        "cat=cat,val/cat dog=dog,val/dog | cat=test/cat dog=test/dog", ("val joined",)),
    Row("parts in every class", "cat/train*3 cat/test*1 dog/train*3 dog/test*1",
        "cat=cat/train dog=dog/train | cat=cat/test dog=dog/test", ("Every class has its own test and train",)),
    Row("three parts in every class", "cat/train*3 cat/val*1 cat/test*1 dog/train*3 dog/val*2 dog/test*1",
        "cat=cat/train,cat/val dog=dog/train,dog/val | cat=cat/test dog=dog/test"),
    Row("a part without one of the classes", "train/cat*2 train/dog*2 train/emu*2 test/cat*1 test/dog*1",
        "cat=train/cat dog=train/dog emu=train/emu | cat=test/cat dog=test/dog", ("No test images of emu",)),
    # What lies beside parts.
    Row("GTSRB", "Train/0*2 Train/1*2 Train/10*2 Test*3 Meta*3 Train.csv Test.csv Meta.csv",
        "0=Train/0 1=Train/1 10=Train/10", ("3 images in Test were left out", "3 images in Meta were left out"), 6),
    Row("an unlabelled test", "train/cat*2 train/dog*2 test*4", "cat=train/cat dog=train/dog",
        ("4 images in test were left out", "no label"), 4),
    Row("an unlabelled test in a folder", "train/cat*2 train/dog*2 test/test*4", "cat=train/cat dog=train/dog",
        ("4 images in test were left out",), 4),
    Row("an unlabelled test in a dummy class", "train/cat*2 train/dog*2 test/unknown*4", "cat=train/cat dog=train/dog",
        ("4 images in test were left out",), 4),
    Row("labelled val, unlabelled test", both("train", "val") + " test*4", SPLIT.format("train", "val"),
        ("4 images in test were left out", "val is the test part"), 4),
    Row("a stray image in train", both("train", "test") + " train*1", SPLIT.format("train", "test"),
        ("1 image directly in",), 1),
    Row("a stray image in test", both("train", "test") + " test*1", SPLIT.format("train", "test"), ("1 image",), 1),
    Row("stray images beside the parts", both("train", "test") + " .*2", SPLIT.format("train", "test"),
        ("2 images directly in", "belong to no class"), 2),
    Row("plots beside the parts", both("train", "test") + " plots*1", SPLIT.format("train", "test"),
        ("1 image in plots was left out",), 1),
    Row("plots beside train", "train/cat*2 train/dog*2 plots*1", "cat=train/cat dog=train/dog", ("plots",), 1),
    Row("unlabeled beside the parts", both("train", "test") + " unlabeled*5", SPLIT.format("train", "test"),
        ("5 images in unlabeled were left out",), 5),
    Row("anything beside two parts", both("train", "test") + " extra*2", SPLIT.format("train", "test"), ("extra",), 2),
    Row("annotations with pictures", both("train", "test") + " annotations/trimaps*2", SPLIT.format("train", "test"),
        ("annotations",), 2),
    Row("the set once more inside", both("train", "test") + " " + both("chest/train", "chest/test"),
        SPLIT.format("train", "test"), ("10 images in chest were left out",), 10),
    Row("an empty class in train", both("train", "test") + " train/emu/", SPLIT.format("train", "test"),
        ("emu is no class",)),
    # Names and links.
    Row("letters of a Mac", unicodedata.normalize("NFD", "train/Bär*2 train/Kuh*2")
        + unicodedata.normalize("NFC", " test/Bär*1 test/Kuh*1"),
        unicodedata.normalize("NFC", "Bär=train/Bär Kuh=train/Kuh | Bär=test/Bär Kuh=test/Kuh")),
    Row("emoji and markup", "🐈*2 [bold]x*2", "🐈=🐈 [bold]x=[bold]x"),
    Row("a linked class", "cat*2", "cat=cat dog=dog", links={"dog": "../elsewhere"}),
    Row("a loop in a class", "ant*2 bee*2 cow*2", "ant=ant bee=bee cow=cow", ("leads to a folder that is read",),
        links={"ant/loop": "."}),
    Row("a class linked into another", "ant*2 bee*2", "ant=ant bee=bee", ("leads to a folder",),
        links={"ant/x": "bee"}),
    Row("a latest link", "v1/cat*2 v1/dog*2", "cat=v1/cat dog=v1/dog", ("leads to a folder",), links={"latest": "v1"}),
]  # fmt: skip

TWICE = ("must be read in one way",)
NO_CLASS = ("one directory per class",)
REFUSED = [
    Row("nothing", "", words=("is empty",)),
    Row("empty folders", "a/ b/", words=("only empty directories",)),
    Row("images alone", ".*4", words=("4 images, none of them in a directory", "CSV")),
    Row("one class", "cat*3", words=("at least two classes", "only 'cat'")),
    Row("one class in a wrapper", "data/cat*3", words=("at least two classes", "only 'cat'")),
    Row("one class in train", "train/cat*3 test/cat*2", words=("at least two classes", "only 'cat'")),
    Row("Flowers-102", "jpg*5 imagelabels.mat setid.mat", words=("only 'jpg'", "5 images directly in it", "CSV")),
    Row("COCO", "train2017*3 val2017*3 annotations/a.json", words=(*NO_CLASS, "train2017 and val2017")),
    Row("flat parts", "train*3 test*3", words=(*NO_CLASS, "test and train")),
    Row("Carvana", "train*3 train_masks*3 test*2", words=NO_CLASS),
    Row("VOC", "JPEGImages*3 SegmentationClass*3 Annotations/a.xml", words=TWICE),
    Row("images and masks", "images*3 masks*3", words=(*TWICE, "images/ (3 images)", "masks/ (3 images)")),
    Row("images and annotations", "images*3 annotations/trimaps*3", words=TWICE),
    Row("YOLO", "train/images*3 train/labels/a.txt valid/images*2 valid/labels/a.txt", words=NO_CLASS),
    Row("YOLO the other way", "images/train*3 images/val*2 labels/train/a.txt", words=NO_CLASS),
    Row("train beside a folder", "train/cat*2 train/dog*2 extra*2", words=(*TWICE, "train/{cat and dog} (4 images)")),
    Row("a class called train with folders", "train/day*2 train/night*2 car*2", words=TWICE),
    Row("two sets", "one/cat*2 one/dog*2 two/cat*2 two/dog*2", words=(*TWICE, "If cat and dog are the classes")),
    Row("folds", "fold_1/cat*2 fold_1/dog*1 fold_2/cat*1 fold_2/dog*1 fold_3/cat*1 fold_3/dog*1", words=TWICE),
    Row("folds with parts", " ".join(both(f"fold{n}/train", f"fold{n}/val") for n in (1, 2)),
        words=(*TWICE, "can be read in two", "fold1 alone, give that one")),
    Row("sites with parts", "siteA/Training/glioma*2 siteA/Training/none*2 siteA/Testing/glioma*1 siteA/Testing/none*1 "
        "siteB/Training/glioma*2 siteB/Testing/none*2", words=TWICE),
    Row("shares with parts", " ".join(both(f"{n}pct/train", f"{n}pct/val") for n in (10, 100)), words=TWICE),
    Row("Cityscapes", "leftImg8bit/train/aachen*2 leftImg8bit/val/ulm*2 gtFine/train/aachen*2 gtFine/val/ulm*2",
        words=(*TWICE, "can be read in two", "CSV")),
    Row("patients in two classes", "train/a/p1*2 train/a/p2*2 train/b/p1*2 train/b/p2*2",
        words=(*TWICE, "If p1 and p2 are the classes", "if a and b are, say it in a CSV")),
    Row("categories of MVTec", " ".join(f"{name}/train/good*3 {name}/test/good*1 {name}/test/broken*2 "
        f"{name}/ground_truth/broken*2" for name in ("bottle", "cable")), words=(*TWICE, "Sort them")),
    Row("classes beside a part of masks", "yes*2 no*2 pred*2 Mask-RCNN/TRAIN*2 Mask-RCNN/VAL*2",
        words=(*TWICE, "different depths", "Move Mask-RCNN and pred away")),
    Row("a folder that would be refused, too", "a/files*2 a/dev*2 a/validated*2 b*2",
        words=("different depths", "Sort them into directories")),
    *(Row(f"{name} beside {other}", f"{name}*2 {other}*2",
          words=(*TWICE, "can be read in two", f"rename {name}, which is no name of a class (mv "))
      for name, other in (("images", "text"), ("masks", "faces"), ("meta", "other"), ("photos", "drawings"),
                          ("thumbnails", "posters"), ("png", "svg"), ("plots", "scans"), ("annotations", "pages"))),
    Row("masks and faces of equal names in train", "train/masks*2 train/faces*2 test/masks*2 test/faces*2",
        words=(*TWICE, "/train/masks ")),
    *(Row(f"pieces: {first}", f"{first}*3 {second}*2", words=(*NO_CLASS, "pieces of one set", "CSV"))
      for first, second in (
          ("HAM10000_images_part_1", "HAM10000_images_part_2"), ("images_001/images", "images_002/images"),
          ("batch_1", "batch_2"), ("part1", "part2"), ("Chunk-01", "Chunk-02"), ("shard0", "shard1"),
          ("part_A", "part_B"), ("vol.1", "vol.2"), ("fold_1", "fold_2"), ("train/batch_1", "train/batch_2"),
          ("batch_1/cat", "batch_2/dog"),
      )),
    *(Row(f"masks: {masks}", f"{images}*3 {masks}*3", words=(*NO_CLASS, "as masks are", "which is no name of a class"))
      for images, masks in (
          ("CameraRGB", "CameraMask"), ("original_images", "label_images_semantic"), ("rgb", "gt"),
          ("ISIC-2017_Training_Data", "ISIC-2017_Training_Part1_GroundTruth"), ("photo", "my-ground-truth"),
          ("scans", "my_annotation"), ("set/CXR", "set/lung_segmentation"),
      )),
    Row("numbered folders of images", "data/Images1*2 data/Images2*2", words=(*TWICE, "rename them")),
    Row("masks of two kinds", "cxr*3 left_mask*3 right_mask*3", words=("left_mask and right_mask", "as masks are")),
    Row("the alphabet", "s/a/abbey*2 s/a/alley*1 s/b/bakery*2 s/b/bar*2",
        words=(*TWICE, "first letters", "a/{abbey and alley}", "move all of them to")),
    Row("the alphabet, at different depths", "s/a/abbey*2 s/a/alley/outdoor*1 s/b/bakery*2 s/b/bar*2",
        words=(*TWICE, "first letters", "a/{abbey and alley}", "Sort them")),
    Row("Office-31", "amazon/images/mug*2 amazon/images/pen*2 dslr/images/mug*1 dslr/images/pen*1",
        words=(*TWICE, "If mug and pen are the classes")),
    Row("PlantVillage", "color/apple*2 color/corn*2 grayscale/apple*2 grayscale/corn*2", words=TWICE),
    Row("class and part in one name", "cat_train*2 cat_test*2 dog_train*2 dog_test*2", words=TWICE),
    Row("splits of a validation", " ".join(both(f"train_split{n}", f"test_split{n}") for n in (1, 2)), words=TWICE),
    Row("a small and a full part", both("train_small", "test") + " train_full/cat*3 train_full/dog*3", words=TWICE),
    Row("a test below a class", "cat*3 cat/test*1 dog*3 dog/test*1", words=TWICE),
    Row("parts of another language", both("entrenamiento", "prueba"), words=TWICE),
    Row("a misspelt part", both("train", "tset"), words=TWICE),
    Row("MVTec", "train/good*3 test/good*1 test/broken*2",
        words=("at least two classes", "only 'good'", "broken and good in the test part", "/test alone")),
    *(Row(f"{of} beside {other}", f"{of} {other}*3", words=(*TWICE, "can be read in two", "folders in ", named))
      for of, named in (("data/cat*5 data/dog*5", "root/data are"), ("data/0*5 data/1*5", "root/data are"),
                        ("data/train/cat*5 data/train/dog*5", "root/data/train are"))
      for other in ("static/img", "public/images", "runs/exp1", "outputs/2024-01-01", "kaggle_testset/kaggle_testset",
                    "test/images", "samples/grid", "data_test/cat")),
    Row("a set and its parts beside a folder of it", both("casting/casting/train", "casting/casting/test")
        + " small/small/cat*2 small/small/dog*2", words=(*TWICE, "read in two", "root/casting alone")),
    Row("parts in wrappers of one class", "pets/train/cat*2 pets/train/dog*2 cars/suv*2 cars/sedan*2", words=TWICE),
    Row("a part of one subject", "pets_train/cat*2 pets_train/dog*2 other/bird*2 other/fish*2", words=TWICE),
    Row("what was made of the set beside it", "Original/MonkeyPox*2 Original/Others*2 "
        "Augmented/Monkeypox_augmented*2 Augmented/Others_augmented*2", words=(*TWICE, "If MonkeyPox and Others are")),
    Row("other letters in two domains", "amazon/Mug*2 amazon/Pen*2 dslr/mug*1 dslr/pen*1",
        words=(*TWICE, "If Mug and Pen are the classes, say it in a CSV of path,label, or give")),
    Row("sites that share some classes", "a/0*2 a/1*2 b/1*2 b/2*2 c/2*2 c/0*2", words=TWICE),
    Row("two sets beside images of a site", "animals/cat*2 animals/dog*2 plants/oak*2 plants/rose*2 static/img*2",
        words=TWICE),
    Row("half of the inner names in common", "A1/cat*2 A1/dog*2 B2/cat*2 B2/bird*2", words=TWICE),
    Row("the same below and above", "data/cat*2 data/dog*2 old/v1/cat*2 old/v1/dog*2 old/v2/cat*2 old/v2/dog*2",
        words=TWICE),
    Row("Chars74K", "GoodImg/Bmp/Sample001*2 GoodImg/Bmp/Sample002*2 GoodImg/Msk/Sample001*2 GoodImg/Msk/Sample002*2 "
        "BadImag/Bmp/Sample001*2 BadImag/Bmp/Sample002*2", words=TWICE),
    Row("NIST", "30/hsf_0*2 30/hsf_4*2 30/train_30*2 31/hsf_0*2 31/hsf_4*2 31/train_31*2",
        words=(*TWICE, "if 30 and 31 are, say it in a CSV")),
    Row("the larger of two is named", "a/cat*1 a/dog*1 b/cat*3 b/dog*3", words=(*TWICE, "or give /", "root/b alone")),
    *(Row(f"{test} among classes of one kind", f"{CLASSES.replace('cat', 'normal_cases').replace('dog', 'sick_cases')}"
          f" ill_cases*2 {test}*3", words=(*TWICE, f"Move {test} away")) for test in ("test_cases", "for_testing")),
    *(Row(f"{name} among classes", f"{CLASSES} {name}*2", words=(*TWICE, f"Move {name} away"))
      for name in ("predict", "images_to_predict", "pred")),
    Row("predictions and masks among classes", f"{CLASSES} predictions*2 masks*2",
        words=(*TWICE, "Move masks and predictions away")),
    Row("a class without a part that others have", "cat/train*2 cat/test*1 dog/train*2",
        words=(*TWICE, "CSV of path,label,split")),
    *(Row(f"{named} beside divided classes", f"{flat} owl/train*2 owl/test*1 cat/train*2 cat/test*1",
          words=(*TWICE, f"Divide {named} into such folders too, or write a CSV of path,label,split"))
      for flat, named in (("bird*3", "bird"), ("bird*3 emu*2", "bird and emu"))),
    Row("a validation in two words", both("train", "val") + " valid/cat*1 valid/dog*1",
        words=(*TWICE, "val and valid mean the same part")),
    *(Row(f"a class of {ending} files", f"{CLASSES} bird/a.{ending} bird/b.{ending}",
          words=(f"bird holds 2 .{ending.split('.')[-1]} files", "none of these is read"))
      for ending in ("npy", "npz", "pt", "h5", "mat", "tfrecord", "pdf", "jpg.part", "png.bak")),
    Row("different depths", "cat*2 dog/pug*2 dog/boxer*2", words=(*TWICE, "different depths", "dog/{boxer and pug}")),
    Row("different depths in train", "train/cat*2 train/dog/pug*2 test/cat*1 test/dog/pug*1", words=TWICE),
    Row("a set beside samples", "dataset/cat*2 dataset/dog*2 sample_images*2", words=(*TWICE, "dataset")),
    Row("a flat test among classes", "cat*2 dog*2 test*3", words=TWICE),
    Row("a flat val among classes", "cat*2 dog*2 val*3", words=TWICE),
    Row("flat parts among classes", "cat*2 dog*2 train*3 test*3", words=TWICE),
    Row("parts and the same classes beside", both("train", "test") + " cat*1 dog*1", words=TWICE),
    Row("test with classes of its own", "bus*2 car*2 test/day*2 test/night*2", words=TWICE),
    Row("val and test without train", both("val", "test"), words=TWICE),
    Row("parts in some classes", "cat/train*2 cat/test*2 dog/young*2 dog/old*2", words=TWICE),
    Row("unlabeled among classes", "cat*2 dog*2 unlabeled*4", words=TWICE),
    Row("annotations among classes", "cat*2 dog*2 annotations*4", words=TWICE),
    Row("images among classes", "cat*2 dog*2 images*4", words=TWICE),
    Row("mostly stray images", "cat*1 dog*1 .*9", words=("of 11 images", "9 lie in none")),
    Row("a class of the test part alone", both("train", "test") + " test/emu*1", words=("'emu'", "training images")),
    Row("a class between parts", "Train*2 Bus*2 Test*2", words=(*TWICE, "can be read in two", "Bus/ (2 images)")),
    Row("a class in HEIC", "ant*2 bee*2 cow/a.heic cow/b.heic", words=("cow holds 2 .heic files", "Convert")),
    Row("a class in AVIF in train", both("train", "test") + " train/cow/a.avif", words=("1 .avif file",)),
    Row("a class without endings", "ant*2 bee*2 cow/scan1 cow/scan2", words=("cow holds 2 files without an ending",)),
    Row("figures in HEIC", "tables*2 graphs*2 figures/a.heic", words=("figures holds 1 .heic file", "Convert")),
    Row("a class of films", "ant*2 bee/a.mp4", words=("bee holds 1 .mp4 file",)),
    Row("a class of the test part in HEIC", "train/a*2 train/b*2 test/a*1 test/b/x.heic", words=("1 .heic file",)),
    Row("all HEIC", "ant/a.heic ant/b.heic bee/c.heic", words=("3 .heic files", "Convert them to PNG or JPEG")),
    *(Row(f"all {ending}", f"a/1.{ending} a/2.{ending} b/3.{ending}", words=(f"3 .{ending} files",))
      for ending in ("ppm", "pgm", "avif", "jp2", "dcm", "nii.gz", "svg", "tga", "npy", "ico")),
    Row("CIFAR pickles", "data_batch_1 data_batch_2 test_batch batches.meta",
        words=("3 files without an ending", "1 .meta file", "in Python")),
    Row("parquet", "train-0.parquet test-0.parquet", words=("2 .parquet files", "in Python")),
    Row("packed", "train.zip test.zip", words=("2 .zip files", "Unpack")),
    Row("an archive", "data.npz", words=("1 .npz file", "data.npz itself")),
    Row("papers only", "a/x.txt b/y.txt", words=("2 .txt files",)),
    # Parts, masks and copies of a class beside it.
    *(Row(f"{name} beside its class", f"{CLASSES} {name}*2", words=(*NO_CLASS, f"{name} is called like a part of cat"))
      for name in ("cat_test", "cat_val", "cat-validation", "catTest", "cat.test", "cats_test_set", "cat_unlabeled",
                   "cat_test_images", "cat_test2")),
    *(Row(f"{a} and {b} beside their classes", f"{CLASSES} {a}*2 {b}*1",
          words=(*NO_CLASS, f"{b} are called like parts of cat and dog", *move))
      for a, b, *move in (("cat_test", "dog_test", "mkdir ", "/test/cat && "), ("test_cat", "test_dog", "/test/dog)"),
                          ("valid_cat", "valid_dog", "/val/cat"), ("cat_train", "dog_train"))),
    *(Row(f"{name} among classes, a part", f"{CLASSES} {name}*2", words=(*TWICE, f"Move {name} away"))
      for name in ("my_test", "blind-test", "test_extra", "own_test_images", "kaggle_test", "test_unlabeled",
                   "unannotated", "no_label", "infer", "test_masks", "test_1")),
    *(Row(f"{name} beside its class", f"{CLASSES} {name}*7", words=(*NO_CLASS, f"{name} is called like a mask of cat"))
      for name in ("cat_seg", "cat_depth", "cat_masks_seg", "depth_cat")),
    Row("masks of two classes", f"{CLASSES} cat_mask*7 dog_mask*8", words=("like masks of cat and dog", "hide them")),
    Row("colours and depths", "cat_rgb*2 cat_depth*5 dog_rgb*2 dog_depth*5",
        words=("cat_depth and dog_depth are called like masks of cat_rgb and dog_rgb",)),
    Row("colour and depth, called otherwise", "rgb*2 depth*5", words=("depth is called like a mask of rgb",)),
    *(Row(f"{name} beside its class", f"{CLASSES} {name}*2", words=(*NO_CLASS, f"{name} is called like a copy of cat"))
      for name in ("cat(1)", "cat_copy", "cat-Copy(2)", "copy_of_cat", "cat_aug", "cat_resized", "cat.bak", "aug_cat")),
    Row("copies in both parts", both("train", "test") + " train/cat_aug*1 test/cat_aug*1",
        words=("cat_aug is called like a copy of cat", "hide them", "/test/cat_aug ", "/train/cat_aug ")),
    # Parts that are there twice, or not at all.
    *(Row(f"{one} beside {other}", both("train", "test") + f" {other}/cat*1 {other}/dog*1",
          words=(*TWICE, "mean the same part"))
      for one, other in (("train", "train_224"), ("train", "train(1)"), ("train", "train2"), ("test", "test-2"))),
    *(Row(f"{held} beside a train of {name}", f"{held}/cat*2 {held}/dog*2 {name}",
          words=("needs images to train on", f"{held} alone"))
      for held in ("val", "test") for name in ("train/", "train/cat/", "train/cat.zip", "train/a.npy", "train.tar.gz")),
    *(Row(f"a link to nothing in the place of {link}", tree, words=("must lead to one", f"/{link} leads to ", "/gone"),
          links={link: "gone"})
      for tree, link in ((CLASSES, "fish"), (CLASSES, "n01.bird"), ("train/cat*2 train/dog*2", "test"),
                         ("test/cat*2 test/dog*2", "train"), (both("train", "test"), "train/fish"),
                         ("cat/a*2 cat/b*1 dog/a*2", "dog/b"))),
    # What is not in one piece.
    *(Row(f"a class of {ending}", f"{CLASSES} fish/a{ending} fish/b{ending}",
          words=("fish holds 2 ", "none of these is read"))
      for ending in (".jpg.partial", ".jpg.download", ".jpg.!qB", ".jpg!d", ".jpg_", ".jpg.gz", ".bin", ".enc", ".zip",
                     ".rar", ".tar.gz", ".pkl")),
    Row("a class on a cloud", f"{CLASSES} fish/.a.jpg.icloud", words=("fish holds 1 .icloud file",)),
    # Sets beside each other.
    *(Row(f"{one} and {two} with other classes", f"{one}/cat*2 {one}/dog*2 {two}/ant*2 {two}/bee*2",
          words=(*TWICE, "move all of them to", f"/{one}/cat "))
      for one, two in (("images", "images2"), ("data", "extra"), ("dataset", "new"), ("raw", "processed"))),
    # Moves that destroy nothing.
    *(Row(f"{name} in one part with classes of one letter", f"train/0*2 train/1*2 test/0*1 test/1*1 {part}/{name}*2",
          words=(*TWICE, f"Move {name} away", f"/{part}/.{name})"))
      for name, part in (("unlabeled", "train"), ("images", "train"), ("predict", "test"), ("thumbnails", "test"))),
    Row("letters and classes of one letter", "a/a*2 a/abbey*2 b/b*2 b/bank*2", words=("first letters", "Sort them")),
    Row("a letter beside a class", "b/bird*2 cat*3", words=("different depths", "Sort them")),
    *(Row(f"{name} with folders among classes", f"{CLASSES} {name}/cat*3 {name}/dog*3",
          words=("different depths", f"Move {name} away")) for name in ("masks", "thumbs", "unlabeled", "backup")),
    Row("images among classes and their test", f"{CLASSES} images*3 test/cat*1 test/dog*1",
        words=("different depths", "Move images away")),
    Row("a set and its heatmaps", "images/cat*3 images/dog*3 heatmaps/cat*3 heatmaps/dog*3",
        words=(*TWICE, "root/images alone (etascope.pick('/")),
    Row("parts in a part", both("train/train", "train/val") + " test/cat*1 test/dog*1",
        words=(*TWICE, "root/train', test='", "root/test')")),
    Row("a test in a part", both("train/train", "train/test") + " test/cat*1 test/dog*1",
        words=(*TWICE, "If /", "root/train trains, give that and", "root/test')), which leaves out its test; if not")),
    Row("a link to itself", "", words=("leads to itself",), links={"again": "."}),
]  # fmt: skip


def make(row: Row, root: Path) -> dict[str, list[bytes]]:
    """Make the tree, and return the pixels of the images in each folder."""
    made: dict[str, list[bytes]] = {}
    number = 0
    for word in (
        row.tree.replace("training set/", "training\0set/")
        .replace("test set/", "test\0set/")
        .replace(" Data/", "\0Data/")
        .split(" ")
    ):
        word = word.replace("\0", " ")
        if not word:
            continue
        folder, star, count = word.partition("*")
        if not star:
            (root / word).parent.mkdir(parents=True, exist_ok=True)
            (root / word).mkdir() if word.endswith("/") else (root / word).write_bytes(b"x")
            continue
        (root / folder).mkdir(parents=True, exist_ok=True)
        made[folder] = []
        for place in range(int(count)):
            number += 1
            pixels = np.full((4, 3, 1), number, np.uint8)
            picture(pixels).save(root / folder / f"img{place}.png")
            made[folder].append(pixels.tobytes())
    for link, target in row.links.items():
        if target == "../elsewhere":
            (root.parent / "elsewhere").mkdir()
            linked = [np.full((4, 3, 1), value, np.uint8) for value in (250, 251)]
            for place, pixels in enumerate(linked):
                picture(pixels).save(root.parent / "elsewhere" / f"img{place}.png")
            made[link] = [pixels.tobytes() for pixels in linked]
        (root / link).symlink_to(root.parent / "elsewhere" if target == "../elsewhere" else root / target)
    return made


def expected(part: str, made: dict[str, list[bytes]]) -> list[tuple[str, bytes]]:
    """Return the pixels of a part with the name of their class."""
    pairs = part.replace("training set", "training\0set").replace("test set", "test\0set").replace(" Data/", "\0Data/")
    images = []
    for pair in pairs.split():
        name, _, folders = pair.replace("\0", " ").partition("=")
        images += [(name, pixels) for folder in folders.split(",") for pixels in by_name(made, folder)]
    return sorted(images)


def by_name(made: dict[str, list[bytes]], folder: str) -> list[bytes]:
    return next(
        pixels
        for name, pixels in made.items()
        if unicodedata.normalize("NFC", name) == unicodedata.normalize("NFC", folder)
    )


@pytest.mark.parametrize("row", OPENED, ids=lambda row: row.name)
def test_a_layout_opens(row, tmp_path):
    root = tmp_path / "root"
    root.mkdir()
    made = make(row, root)
    data = open_images(root)
    test = np.isin(np.arange(len(data)), data.test_rows if data.test_rows is not None else [])
    for part, rows in zip((row.opens + " |").split("|")[:2], (~test, test), strict=True):
        names = [data.class_names[label] for label in data.labels[rows]]
        opened = sorted(zip(names, (image.tobytes() for image in data.images[rows]), strict=True))
        assert opened == expected(part, made)
    for word in row.words:
        assert word in " ".join(data.notes)
    assert data.left_out == row.left_out


@pytest.mark.parametrize("row", REFUSED, ids=lambda row: row.name)
def test_a_layout_is_refused(row, tmp_path):
    root = tmp_path / "root"
    root.mkdir()
    make(row, root)
    with refused(*row.words):
        open_images(root)


def test_the_table_is_large():
    assert len(OPENED) + len(REFUSED) >= 120
    assert len({row.name for row in (*OPENED, *REFUSED)}) == len(OPENED) + len(REFUSED)


def read(root, *folders):
    write_folder(root, pictures(len(folders)), folders)
    reading = TreeReading()
    return read_parts(read_tree(root), reading), reading


def test_two_parts(tmp_path):
    layout, reading = read(tmp_path, "train/a", "train/b", "val/a", "val/b", "test/a", "test/b")
    assert layout is not None
    assert [name for _, name in layout.train] == ["a", "b", "a", "b"]
    assert [path.parts[-3] for path, _ in layout.test] == ["test", "test"]
    assert reading.notes == ["val joined the training images; test is the test part."]


@pytest.mark.parametrize("folders", [("a", "b"), ("train/a", "train/b"), ("train", "car", "bus")])
def test_no_parts(tmp_path, folders):
    assert read(tmp_path, *folders)[0] is None


@pytest.mark.parametrize(
    "folders",
    [("train/a", "train/b", "x"), ("test", "a", "b"), ("a_train", "a_test", "b_train", "b_test"), ("test/a", "val/a")],
)
def test_two_readings(tmp_path, folders):
    with refused("one way only"):
        read(tmp_path, *folders)
